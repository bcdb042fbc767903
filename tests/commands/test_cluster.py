"""Every way of clustering on a small cohort, what it refuses, and its groups for another archive."""

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.writer import CohortWriter
from sonosift.commands.cluster import cluster
from sonosift.commands.evaluate import evaluate
from sonosift.commands.match import MatchSummary, match
from sonosift.commands.merge import merge
from sonosift.commands.name import name
from sonosift.commands.pretrain import pretrain
from sonosift.errors import SonosiftError
from sonosift.training.finished_run import load_method

_spec = importlib.util.spec_from_file_location("bars_cohort", Path(__file__).with_name("bars_cohort.py"))
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)

TINY = {"backbone": "test_resnet", "batch_size": 32}
SHORT = {"steps": 6, "batch_size": 32}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    made, _ = bars_cohort.make_bars_cohort(tmp_path_factory.mktemp("bars") / "cohort", patients=16, frames_per_exam=6)
    made.splits.make({"train": 0.5, "validation": 0.25, "test": 0.25}, seed=0)
    pretrain(made.path, method="simclr", steps=5, image_size=32, settings=TINY)
    return made


def check_groups(cohort, summary, k):
    table = pl.read_parquet(summary.table)
    assert table["frame_id"].to_list() == cohort.frames.frame_ids
    assert table["group"].is_between(0, k - 1).all()
    assert table["confidence"].is_between(0, 1).all()
    assert (summary.groups, summary.filled_groups) == (k, table["group"].n_unique())
    ids, _ = cohort.runs.get(summary.run).embeddings()
    assert ids == cohort.frames.frame_ids
    return table


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("kmeans", None),
        ("temi", {"steps": 20, "heads": 2}),
        ("fusc", SHORT),
        ("fusc", SHORT | {"learns": "head"}),
        ("fusc", SHORT | {"learns": "features"}),
    ],
)
def test_every_frame_gets_a_group(cohort, method, settings):
    name = f"{method}-{(settings or {}).get('learns', '')}0"
    summary = cluster(cohort.path, from_run="simclr", method=method, k=4, run=name, settings=settings)
    table = check_groups(cohort, summary, 4)
    again = cluster(cohort.path, from_run="simclr", method=method, k=4, run=name, settings=settings)
    assert again == summary
    if method != "kmeans":
        shares = pl.read_parquet(cohort.runs.get(name).path / "group_probabilities.parquet")
        np.testing.assert_array_equal(shares.drop("frame_id").to_numpy().argmax(axis=1), table["group"].to_numpy())
        assert summary.steps > 0


def test_fusc_learns_the_network_begins_with_the_runs_and_its_groups_are_judged(cohort):
    summary = cluster(cohort.path, from_run="simclr", method="fusc", k=4, run="whole", settings=SHORT)
    assert summary.best_step is not None
    run = cohort.runs.get("whole")
    assert run.config["settings"]["image_size"] == 32  # that of the run
    before, after = (load_method(cohort.runs.get(name)).backbone.state_dict() for name in ("simclr", "whole"))
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[key], after[key]) for key in before)
    assert any(line.get("validation_entropy") is not None for line in run.metrics())
    found = evaluate(cohort.path, run="whole", draws=20)
    text = Path(found.evaluation).read_text()
    assert "k-means on simclr" in text  # the baseline that it has to beat
    assert "k-means on whole" in text
    # And its weights go on: as a start, and as groups to refine.
    assert cluster(cohort.path, from_run="whole", run="whole-head").filled_groups == summary.filled_groups


def test_self_labelling_tells_of_a_collapse_and_keeps_the_groups_of_before(cohort):
    cluster(cohort.path, from_run="simclr", method="fusc", k=8, run="many", settings=SHORT | {"steps": 12})
    before = pl.read_parquet(cohort.runs.get("many").path / "groups.parquet")["group"]
    # A high rate on one group's answers empties the others.
    wild = {"steps": 25, "threshold": 0.0, "learning_rate": 0.05, "class_balancing": False, "batch_size": 32}
    reported = cluster(
        cohort.path, from_run="many", method="self-label", run="collapsed", settings=wild | {"on_collapse": "report"}
    )
    kept = cluster(cohort.path, from_run="many", method="self-label", run="kept", settings=wild)
    assert any("have collapsed" in note for note in reported.notes)
    assert reported.filled_groups < before.n_unique()
    assert any("the groups of many stand" in note for note in kept.notes)
    assert pl.read_parquet(kept.table)["group"].to_list() == before.to_list()
    weights = [load_method(cohort.runs.get(name)).state_dict()["cluster_head.weight"] for name in ("many", "kept")]
    assert torch.equal(*weights)


def test_self_labelling_that_is_never_sure_changes_nothing_and_counts_it(cohort):
    cluster(cohort.path, from_run="simclr", method="fusc", k=4, run="few", settings=SHORT)
    sure = {"steps": 4, "threshold": 0.9999999, "batch_size": 32}
    summary = cluster(cohort.path, from_run="few", method="self-label", run="unsure", settings=sure)
    assert any("in 4 of 4 steps no answer was surer" in note for note in summary.notes)


def test_over_clustering_pixels_and_a_sweep(cohort):
    summary = cluster(cohort.path, from_run="simclr", method="kmeans", k=2, over=3, run="over")
    assert summary.groups == 6
    pixels = cluster(cohort.path, method="kmeans", space="pixels", k=3)
    assert pixels.run == "pixels-kmeans"
    check_groups(cohort, pixels, 3)
    swept = cluster(cohort.path, from_run="simclr", method="kmeans", sweep="2,3,5", run="swept")
    assert swept.suggested_groups == swept.groups
    assert swept.groups in (2, 3, 5)
    assert (cohort.runs.get("swept").path / "sweep.json").exists()


def test_a_clustering_gives_another_archive_its_groups_and_sets_strangers_apart(cohort, tmp_path):
    cluster(cohort.path, from_run="simclr", method="kmeans", k=4, run="home")
    twin, _ = bars_cohort.make_bars_cohort(tmp_path / "twin", patients=16, frames_per_exam=6)
    same = cluster(twin.path, apply=str(cohort.runs.get("home").path), false_alarms=0.1)
    ours = pl.read_parquet(cohort.runs.get("home").path / "groups.parquet")["group"].to_numpy()
    theirs = pl.read_parquet(same.table)["group"].to_numpy()
    assert (theirs[theirs >= 0] == ours[theirs >= 0]).all()
    assert same.set_apart == (theirs == -1).sum() < 0.4 * len(theirs)
    fewer = merge(cohort.path, from_run="home", to=2, run="home-merged")
    merged = cluster(twin.path, apply=str(cohort.runs.get("home-merged").path), run="m", false_alarms=0.1)
    wanted = pl.read_parquet(fewer.table)["group"].to_numpy()
    theirs = pl.read_parquet(merged.table)["group"].to_numpy()
    assert (theirs[theirs >= 0] == wanted[theirs >= 0]).all()
    assert merged.groups == 2
    odd = Cohort.create(tmp_path / "odd", size=bars_cohort.SIDE, label_space=bars_cohort.BARS)
    draw = np.random.default_rng(0)
    rows = twin.catalog().head(5).drop("shard", "row", "near_duplicate_group").to_dicts()
    with CohortWriter(odd) as writer:
        writer.append(draw.integers(0, 2, (5, bars_cohort.SIDE, bars_cohort.SIDE)).astype(np.uint8) * 255, rows)
    apart = cluster(odd.path, apply=str(cohort.runs.get("home").path), false_alarms=0.1)
    assert apart.set_apart == 5
    assert any("10.0% of ordinary frames" in note for note in apart.notes)
    with pytest.raises(SonosiftError, match="no finished clustering"):
        cluster(twin.path, apply=str(cohort.runs.get("simclr").path))
    with pytest.raises(SonosiftError, match="there is no clustering at nowhere"):
        cluster(twin.path, apply="nowhere")


def test_groups_merged_again_and_again_are_applied_under_their_last_names(cohort, tmp_path):
    cluster(cohort.path, from_run="simclr", method="kmeans", k=9, run="nine")
    merge(cohort.path, from_run="nine", to=6, run="six-of-nine")
    merge(cohort.path, from_run="six-of-nine", to=4, run="four-of-six")
    (tmp_path / "super.yaml").write_text("upper: [1, 3]\nlower: [0]\n")
    last = merge(cohort.path, from_run="four-of-six", by=tmp_path / "super.yaml", run="named-of-four")
    twin, _ = bars_cohort.make_bars_cohort(tmp_path / "twin", patients=16, frames_per_exam=6)
    for run, groups in (("six-of-nine", 6), ("four-of-six", 4), ("named-of-four", 3)):
        applied = cluster(twin.path, apply=str(cohort.runs.get(run).path), false_alarms=0.1)
        assert (applied.run, applied.groups) == (f"{run}-applied", groups)
        # The same frames: every one that is not set apart lies where the merges, one by one, put it at home.
        wanted = pl.read_parquet(cohort.runs.get(run).path / "groups.parquet")["group"].to_numpy()
        found = pl.read_parquet(applied.table)["group"].to_numpy()
        assert (found[found >= 0] == wanted[found >= 0]).all()
        assert (found >= 0).mean() > 0.6
    assert applied.names == last.names == {0: "upper", 1: "lower"}


def written(path, frames, embed=None):
    """A cohort of these frames with a run whose network is named but whose embedding is given."""
    made = Cohort.create(path, size=bars_cohort.SIDE, label_space=bars_cohort.BARS)
    template, _ = bars_cohort.make_bars_cohort(path.parent / "template", patients=len(frames), frames_per_exam=1)
    rows = template.catalog().drop("shard", "row", "near_duplicate_group").to_dicts()
    with CohortWriter(made) as writer:
        writer.append(np.stack(frames), rows)
    pretrain(made.path, method="simclr", steps=1, image_size=32, settings=TINY)
    if embed is not None:
        made.runs.get("simclr").save_embeddings(made.frames.frame_ids, embed)
    return made


def noise(count):
    return list(np.random.default_rng(0).integers(0, 256, (count, bars_cohort.SIDE, bars_cohort.SIDE), dtype=np.uint8))


METHODS_THAT_FORM = ("kmeans", "fusc", "temi")


def test_more_groups_than_frames_and_one_frame(tmp_path):
    made = written(tmp_path / "few", noise(4))
    for method in METHODS_THAT_FORM:
        with pytest.raises(SonosiftError, match=r"cannot make 5 groups of 4 frames"):
            cluster(made.path, from_run="simclr", method=method, k=5)
    with pytest.raises(SonosiftError, match="does not fit 4 frames"):
        cluster(made.path, from_run="simclr", method="kmeans", sweep="2,9")
    (tmp_path / "single").mkdir()
    single = written(tmp_path / "single" / "one", noise(1))
    for method in METHODS_THAT_FORM:
        with pytest.raises(SonosiftError, match="1 frame cannot be grouped"):
            cluster(single.path, from_run="simclr", method=method, k=2)


def test_identical_frames_embeddings_that_are_no_numbers_and_an_empty_run(tmp_path):
    made = written(tmp_path / "same", noise(1) * 6)
    for method in METHODS_THAT_FORM:
        with pytest.raises(SonosiftError, match="all 6 frames look the same to the network of run 'simclr'"):
            cluster(made.path, from_run="simclr", method=method, k=2)
    with pytest.raises(SonosiftError, match="all 6 frames look the same to the eye"):
        cluster(made.path, method="kmeans", space="pixels", k=2)
    broken = np.ones((6, 4), dtype=np.float32)
    broken[3] = np.nan
    made.runs.get("simclr").save_embeddings(made.frames.frame_ids, broken)
    for method in METHODS_THAT_FORM:
        with pytest.raises(SonosiftError, match="not finite, the first in row 3"):
            cluster(made.path, from_run="simclr", method=method, k=2, space="backbone")
    made.runs.create("empty", {"method": "simclr", "settings": {}, "precision": "32-true"})
    for method in (*METHODS_THAT_FORM,):
        with pytest.raises(SonosiftError, match="holds no weights yet"):
            cluster(made.path, from_run="empty", method=method, k=2)
    assert [name for name in made.runs.names() if name.startswith(("simclr-", "empty-", "pixels"))] == []


def test_what_does_not_fit_together(cohort):
    for given, words in (
        ({"method": "k-means", "from_run": "simclr"}, "kmeans"),
        ({"method": "kmeans"}, "needs a network"),
        ({"method": "kmeans", "from_run": "simclr", "over": 0}, "over is 0"),
        ({"method": "pica-head", "from_run": "simclr"}, "no groups of its own"),
        ({"method": "self-label", "from_run": "simclr"}, "no groups of its own"),
        ({"method": "kmeans", "from_run": "simclr", "settings": {"a": 1}}, "no settings"),
        ({"method": "temi", "from_run": "simclr", "settings": {"head": 1}}, "Did you mean 'heads'"),
        ({"method": "fusc", "from_run": "simclr", "settings": {"neighbors": 1}}, "Did you mean 'neighbours'"),
        ({"method": "kmeans", "from_run": "simclr", "space": "projektion"}, "Did you mean 'projection'"),
        ({"method": "kmeans", "from_run": "simclr", "sweep": "many"}, "no list of numbers"),
    ):
        with pytest.raises(SonosiftError, match=words):
            cluster(cohort.path, **given)


def test_groups_are_merged_to_a_number_and_by_a_table(cohort, tmp_path):
    cluster(cohort.path, from_run="simclr", method="kmeans", k=6, run="six")
    six = pl.read_parquet(cohort.runs.get("six").path / "groups.parquet")
    three = merge(cohort.path, from_run="six", to=3)
    new = pl.read_parquet(three.table)
    assert (three.before, three.after) == (6, 3)
    assert new["group"].n_unique() == 3
    assert new.with_columns(six["group"].alias("old"))["old", "group"].unique().height == 6  # each goes to one
    table = tmp_path / "upper.yaml"
    table.write_text("upper: [0, 2]\nlower: [1, 5]\n")
    named = merge(cohort.path, from_run="six", by=table, run="named")
    assert named.merged == {0: [0, 2], 1: [1, 5], 2: [3], 3: [4]}
    assert named.names == {0: "upper", 1: "lower"}
    assert evaluate(cohort.path, run="named", draws=10).purity is not None
    for given, words in (
        ({"from_run": "six"}, "either a number or a table"),
        ({"from_run": "six", "to": 9}, "6 groups cannot be merged to 9"),
        ({"from_run": "simclr", "to": 2}, "holds no groups"),
    ):
        with pytest.raises(SonosiftError, match=words):
            merge(cohort.path, **given)


def test_groups_are_held_against_labels(cohort):
    cluster(cohort.path, from_run="simclr", method="temi", k=4, run="held", settings={"steps": 20, "heads": 2})
    found = match(cohort.path, "held", draws=20)
    scores = pl.read_parquet(found.scores)
    table = pl.read_parquet(cohort.runs.get("held").path / "groups.parquet")
    assert scores["frame_id"].to_list() == cohort.frames.frame_ids
    # All frames of a group score alike; mixed, they do not.
    per_group = scores.with_columns(table["group"]).drop("frame_id").unique()
    assert len(per_group) == table["group"].n_unique()
    match(cohort.path, "held", mix=True, draws=20)
    mixed = pl.read_parquet(found.scores)
    assert mixed.drop("frame_id").unique().height > 4
    np.testing.assert_allclose(
        mixed.drop("frame_id").to_numpy().sum(), scores.drop("frame_id").to_numpy().sum(), rtol=0.5
    )
    assert 0 < found.metrics["purity"]["value"] <= 1
    assert "labelling random frames" in found.describe()
    assert pl.read_parquet(found.conflicts).columns[:2] == ["frame_id", "group"]
    for run, more, match_words in (
        ("simclr", {}, "holds no groups"),
        ("held", {"draws": 1}, "makes no interval"),
        ("held", {"part": "tset"}, "no frame of the tset part"),
    ):
        with pytest.raises(SonosiftError, match=match_words):
            match(cohort.path, run, **more)


def test_labels_merged_into_super_groups_are_judged_as_one(cohort, tmp_path):
    cluster(cohort.path, from_run="simclr", method="kmeans", k=4, run="by-label")
    (tmp_path / "any.yaml").write_text("bars: [upright, level]\n")
    fine = match(cohort.path, "by-label", draws=10)
    coarse = match(cohort.path, "by-label", by=tmp_path / "any.yaml", draws=10)
    assert (fine.metrics["classes"], coarse.metrics["classes"]) == (4, 2)
    assert coarse.metrics["purity"]["value"] >= fine.metrics["purity"]["value"]


def test_an_expert_names_groups_in_a_table_and_training_frames_get_the_names(cohort, tmp_path):
    cluster(cohort.path, from_run="simclr", method="kmeans", k=3, run="to-name")
    table = tmp_path / "names.csv"
    written = name(cohort.path, "to-name", table)
    rows = pl.read_csv(table)
    assert (written.named_groups, sorted(rows["group"].to_list())) == (0, [0, 1, 2])
    with pytest.raises(SonosiftError, match="names no group"):
        name(cohort.path, "to-name", table)
    rows.with_columns(names=pl.Series(["upright+level", "none", ""])).write_csv(table)
    found = name(cohort.path, "to-name", table)
    first, second, third = rows["group"].to_list()
    assert (found.named_groups, found.left_out) == (2, [third])
    groups = pl.read_parquet(cohort.runs.get("to-name").path / "groups.parquet")
    learnt = cohort.splits.get().frame_ids("train")
    expected = groups.filter(pl.col("group").is_in([first, second]) & pl.col("frame_id").is_in(learnt))
    weak = cohort.annotations.label_matrix(cohort.frames.frame_ids, sources=["group"])
    assert found.labelled_frames == weak.known.sum() == len(expected)
    assert cohort.annotations.history("group")["target_id"].to_list() == [f"to-name/{first}", f"to-name/{second}"]
    for content, words in (
        ("group,names\n99,none\n", "names group 99, which the run does not have"),
        ("group,names\n0,uprigth\n", "upright"),
        ("a,b\n1,2\n", "lacks the columns group and names"),
    ):
        table.write_text(content)
        with pytest.raises(SonosiftError, match=words):
            name(cohort.path, "to-name", table)


def test_only_a_few_divided_groups_are_printed():
    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    figures = dict.fromkeys(("purity", "nmi", "ari", "hungarian"), figure)
    metrics = figures | {"frames": 9, "patients": 3, "filled": 8, "formed": 8, "classes": 2, "majority_share": 0.5}
    divided = [f"group {number} does not agree on liver" for number in range(8)]
    told = MatchSummary(
        run="r",
        part="test",
        metrics=metrics,
        frame_conflicts=0,
        group_conflicts=divided,
        economy="",
        scores="s",
        conflicts="c",
    ).describe()
    assert told.count("does not agree") == 5
    assert "and 3 more such groups" in told
