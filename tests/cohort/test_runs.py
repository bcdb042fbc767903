from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.fingerprint import data_fingerprint
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError


def test_create_get_list(make_cohort: Callable[..., Cohort]) -> None:
    runs = make_cohort(5).runs
    assert runs.list() == []
    first = runs.create("pica", {"lr": 1e-4, "sizes": (1, 2)}, frame_ids=["a", "b"])
    runs.create("lsd", {})
    assert [run.name for run in runs.list()] == ["pica", "lsd"]
    assert runs.names() == ["lsd", "pica"]
    assert runs.get("pica").record == first.record
    written = yaml.safe_load((first.path / "run.yaml").read_text())
    assert written["config"] == {"lr": 1e-4, "sizes": [1, 2]}
    assert {"sonosift", "python", "numpy"} <= written["versions"].keys()
    with pytest.raises(SonosiftError, match="Did you mean 'pica'"):
        runs.get("picca")


def test_the_same_command_again_resumes(make_cohort: Callable[..., Cohort]) -> None:
    runs = make_cohort(5).runs
    first = runs.create("pica", {"lr": 1e-4, "sizes": (1, 2)}, frame_ids=["a", "b"])
    again = runs.create("pica", {"sizes": [1, 2], "lr": 1e-4}, frame_ids=["b", "a"])
    assert again.record == first.record


@pytest.mark.parametrize(
    ("config", "frame_ids", "resume", "message"),
    [
        ({"lr": 0.1}, ["a"], True, r"other settings \(lr\)"),
        ({"lr": 1, "new": 2}, ["a"], True, r"other settings \(new\)"),
        ({"lr": 1}, ["a", "b"], True, r"other settings \(the data\)"),
        ({"lr": 1}, ["a"], False, "'pica' already"),
    ],
)
def test_a_taken_name(make_cohort: Callable[..., Cohort], config, frame_ids, resume: bool, message: str) -> None:
    runs = make_cohort(5).runs
    runs.create("pica", {"lr": 1}, frame_ids=["a"])
    with pytest.raises(SonosiftError, match=message) as caught:
        runs.create("pica", config, frame_ids=frame_ids, resume=resume)
    assert "'pica-2'" in caught.value.hint


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a b", "a/b", "-x"])
def test_bad_names(make_cohort: Callable[..., Cohort], name: str) -> None:
    with pytest.raises(SonosiftError, match="cannot be the name"):
        make_cohort(0).runs.create(name, {})


def test_fingerprint(make_cohort: Callable[..., Cohort]) -> None:
    one, other = make_cohort(0, name="a").settings, make_cohort(0, name="b", size=32).settings
    assert data_fingerprint(["a", "b"], one) == data_fingerprint(["b", "a"], one)
    prints = {data_fingerprint(ids, how) for ids in (["a"], ["b"], ["ab"], ["a", "b"], []) for how in (one, other)}
    assert len(prints) == 10


def test_metrics_survive_a_half_line(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    assert run.metrics() == []
    run.log(step=1, loss=np.float32(0.5), curve=np.arange(2))
    run.log(step=2, loss=0.25)
    with run.metrics_path.open("a") as handle:
        handle.write('{"step": 3, "lo')
    assert run.metrics() == [{"step": 1, "loss": 0.5, "curve": [0, 1]}, {"step": 2, "loss": 0.25}]
    run.forget_metrics_after(1)
    run.log(step=2, loss=0.125)
    assert [json.loads(line)["loss"] for line in run.metrics_path.read_text().splitlines()] == [0.5, 0.125]


def test_a_half_line_is_not_glued_to_the_next(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    run.metrics_path.write_text('{"step": 1}\n{"st')
    RunFolder.open(run.path).log(step=2)
    assert run.metrics() == [{"step": 1}, {"step": 2}]


def test_embeddings(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    with pytest.raises(SonosiftError, match="no embeddings"):
        run.embeddings()
    vectors = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    run.save_embeddings(["a", "b", "c"], vectors)
    frame_ids, kept = RunFolder.open(run.path).embeddings()
    assert frame_ids == ["a", "b", "c"]
    np.testing.assert_array_equal(kept, vectors)
    with pytest.raises(SonosiftError, match="2 frames"):
        run.save_embeddings(["a", "b"], vectors)


def test_everything_lies_in_the_folder(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    assert run.state_path.is_dir()
    paths = {run.model_path, run.embeddings_path, run.metrics_path, run.report_path, run.state_path}
    assert len(paths) == 5
    assert {path.parent for path in paths} == {run.path}


def test_finish(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    assert not run.finished
    assert run.summary() == {}
    run.finish(f1=np.float64(0.5))
    assert run.finished
    assert RunFolder.open(run.path).summary() == {"f1": 0.5}


def test_damaged_or_absent(tmp_path: Path) -> None:
    with pytest.raises(SonosiftError, match="no run at"):
        RunFolder.open(tmp_path / "r")
    run = RunFolder.create(tmp_path / "r", {})
    with pytest.raises(SonosiftError, match="a run at"):
        RunFolder.create(tmp_path / "r", {})
    (run.path / "run.yaml").write_text("name: [")
    with pytest.raises(SonosiftError, match="damaged"):
        RunFolder.open(run.path)
