"""What people write in a grid, and how slips are answered."""

import pytest
import yaml
from pydantic import ValidationError

from sonosift.comparison.cells import PIXELS, baseline_cells, candidate_cells, training_cells
from sonosift.comparison.grid import Grid, read_grid
from sonosift.errors import SonosiftError

SMALL = {
    "methods": {"supervised": "supervised", "two heads": {"method": "fixmatch-two-head", "settings": {"min_count": 2}}},
    "initialisations": {
        "random": "random",
        "clusters": {"candidates": [{"method": "lsd", "seed": 0}, {"method": "pica", "seed": 3}]},
    },
    "label_fractions": [0.1, 1],
    "seeds": 3,
}


def written(tmp_path, **changes):
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(SMALL | changes))
    return path


def test_a_grid_is_the_product_of_its_axes(tmp_path):
    grid = read_grid(written(tmp_path, split=["a", "b"]))
    cells = training_cells("g", grid)
    assert len(cells) == 2 * 2 * 2 * 3 * 2
    assert len({cell.name for cell in cells}) == len(cells)
    described = {(c.method, c.initialisation, c.fraction, c.seed, c.split) for c in cells}
    assert len(described) == len(cells)
    # Whole rounds first: after a sixth of the cells one seed of one split is complete.
    assert {(c.seed, c.split) for c in cells[:8]} == {(0, "a")}
    # With all labels every seed asks the same probes.
    probes = baseline_cells("g", grid)
    assert len(probes) == 3 * 2 * 2 * (3 + 1)
    assert {c.source for c in probes} == {PIXELS, "random", "clusters"}
    assert [c.name for c in candidate_cells("g", grid)] == ["g.clusters.0", "g.clusters.1"]


def test_settings_meet_in_a_cell_and_its_own_length_wins(tmp_path):
    methods = {
        "short": {"method": "supervised", "epochs": 2, "settings": {"learning_rate": 0.5}},
        "plain": "supervised",
    }
    grid = read_grid(written(tmp_path, methods=methods, steps=9, network={"backbone": "resnet18"}))
    short, plain = (next(c for c in training_cells("g", grid) if c.method == name).spec("w") for name in methods)
    assert (short["steps"], short["epochs"], plain["steps"], plain["epochs"]) == (None, 2, 9, None)
    assert short["settings"] == {"backbone": "resnet18", "learning_rate": 0.5}
    assert plain["init"] == "w"


def test_candidates_are_judged_by_groups_only_where_all_have_some(tmp_path):
    assert read_grid(written(tmp_path)).initialisations["clusters"].judged_by == "groups"
    mixed = {"x": {"candidates": [{"method": "lsd"}, {"method": "simclr"}]}}
    assert read_grid(written(tmp_path, initialisations=mixed)).initialisations["x"].judged_by == "neighbours"


def test_files_beside_the_grid_are_found_from_anywhere(tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"")
    grid = read_grid(written(tmp_path, initialisations={"mine": "w.safetensors", "random": "random"}))
    assert grid.initialisations["mine"].weights == str(tmp_path / "w.safetensors")
    assert grid.initialisations["random"].weights == "random"


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"seedz": 2}, "Did you mean 'seeds'"),
        ({"methods": {"a": {"metod": "supervised"}}}, "Did you mean 'method'"),
        ({"methods": {"a": "supervized"}}, "Did you mean 'supervised'"),
        ({"methods": {"a": {"method": "supervised", "settings": {"learning_rat": 1}}}}, "Did you mean 'learning_rate'"),
        ({"initialisations": {"a": {"weight": "random"}}}, "Did you mean 'weights'"),
        ({"initialisations": {"a": {"candidates": [{"method": "lds"}]}}}, "Did you mean 'lsd'"),
        ({"network": {"backbon": "resnet18"}}, "Did you mean 'backbone'"),
    ],
)
def test_misspelt_words_are_answered_with_close_ones(tmp_path, changes, match):
    with pytest.raises(SonosiftError, match=match):
        read_grid(written(tmp_path, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"label_fractions": [0.1, 1.5]},
        {"label_fractions": [0.1, 0.1]},
        {"seeds": 0},
        {"methods": {}},
        {"methods": {"a-b": "supervised", "a b": "probe"}},
        {"initialisations": {"a": {"weights": "random", "candidates": [{"method": "lsd"}]}}},
        {"part": "train"},
        {"image_size": 3},
    ],
)
def test_values_that_make_no_sense_are_refused(tmp_path, changes):
    with pytest.raises(ValidationError):
        read_grid(written(tmp_path, **changes))


def test_a_file_that_is_no_grid(tmp_path):
    with pytest.raises(SonosiftError, match="there is no grid"):
        read_grid(tmp_path / "nothing.yaml")
    for text, match in (("a: [", "is not YAML"), ("just words", "holds no keys"), ("", "holds no keys")):
        path = tmp_path / "bad.yaml"
        path.write_text(text)
        with pytest.raises(SonosiftError, match=match):
            read_grid(path)


def test_numbers_stand_for_themselves_or_for_several():
    assert Grid(methods={"a": "supervised"}, seeds=2, label_fractions=0.5, precision=32).seeds == (0, 1)
    assert Grid(methods={"a": "supervised"}, seeds=[4, 2]).seeds == (4, 2)
