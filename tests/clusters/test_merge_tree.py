import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from sonosift.clusters.merge_tree import merge_tree
from sonosift.clusters.super_groups import read_super_groups, super_group_of
from sonosift.errors import SonosiftError
from sonosift.labels.named_spaces import label_space
from sonosift.metrics.clustering import adjusted_rand_index


def test_joinings_are_those_of_average_linkage_over_all_pairs_of_frames():
    draw = np.random.default_rng(0)
    groups = draw.integers(0, 7, 90)
    rows = draw.standard_normal((7, 5))[groups] + 0.4 * draw.standard_normal((90, 5))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    tree = merge_tree(rows, groups)
    members = {leaf: np.flatnonzero(groups == leaf) for leaf in range(7)}
    for step, joining in enumerate(tree.joinings):
        far = {
            (a, b): np.mean([1 - unit[i] @ unit[j] for i in members[a] for j in members[b]])
            for a in members for b in members if a < b
        }  # fmt: skip
        assert joining.height == pytest.approx(min(far.values()), abs=1e-5)
        assert (joining.first, joining.second) == min(far, key=far.get)
        members[7 + step] = np.concatenate([members.pop(joining.first), members.pop(joining.second)])
        assert joining.frames == len(members[7 + step])


def test_one_frame_per_group_is_scipys_tree():
    rows = np.random.default_rng(1).standard_normal((20, 4))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    tree = merge_tree(rows, np.arange(20))
    for count in (2, 5, 11):
        theirs = fcluster(linkage(unit, "average", metric="cosine"), count, "maxclust")
        ours = [tree.cut(count)[group] for group in range(20)]
        assert adjusted_rand_index(np.array(ours), theirs) == pytest.approx(1.0)


def test_cutting_at_the_ends_numbering_by_size_and_group_numbers_with_gaps():
    groups = np.array([5] * 2 + [9] * 6 + [-1] * 3 + [30] * 4)
    rows = np.random.default_rng(2).standard_normal((15, 3))
    tree = merge_tree(rows, groups)
    assert tree.groups == [5, 9, 30]
    assert tree.cut(3) == {9: 0, 30: 1, 5: 2}
    assert set(tree.cut(1).values()) == {0}
    for count in (0, 4):
        with pytest.raises(SonosiftError, match="3 groups cannot be merged"):
            tree.cut(count)
    assert merge_tree(rows, np.zeros(15, dtype=int)).joinings == []
    with pytest.raises(SonosiftError, match="no group to merge"):
        merge_tree(rows, np.full(15, -1))


def test_super_groups_from_yaml_and_csv(tmp_path):
    (tmp_path / "a.yaml").write_text("upper: [0, 2]\nlower: [1]\n")
    (tmp_path / "a.csv").write_text("name,member\nupper,0\nlower,1\nupper,2\n")
    assert read_super_groups(tmp_path / "a.yaml") == read_super_groups(tmp_path / "a.csv")
    table = read_super_groups(tmp_path / "a.yaml")
    assert super_group_of(table, ["0", "1", "2", "3"], "group") == {"0": 0, "2": 0, "1": 1, "3": 2}
    with pytest.raises(SonosiftError, match="unknown group '2'"):
        super_group_of(table, ["0", "1"], "group")


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("a.yaml", "upper: 3", "no table of names"),
        ("a.yaml", "a: [1]\nb: [1]", "puts 1 into more than one"),
        ("a.yaml", "a: []\nb: [1]", "gives a no member"),
        ("a.yaml", "a: [", "cannot be read as YAML"),
        ("a.csv", "x,y\n1,2\n", "lacks the columns"),
    ],
)
def test_bad_tables(tmp_path, name, text, match):
    (tmp_path / name).write_text(text)
    with pytest.raises(SonosiftError, match=match):
        read_super_groups(tmp_path / name)
    with pytest.raises(SonosiftError, match="no table of super-groups"):
        read_super_groups(tmp_path / "nowhere.yaml")


def test_the_papers_four_hold_its_fifteen_views():
    table = read_super_groups("fetal_views")
    members = [view for views in table.values() for view in views]
    assert list(table) == ["heart", "head", "abdomen", "bone"]
    assert len(members) == len(set(members)) == 15
    assert tuple(members) == label_space("fetal_views").names
