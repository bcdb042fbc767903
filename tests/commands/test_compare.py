"""`sonosift compare` on the cohort of bars: to its end, through a kill, past a failed cell, and refused."""

import csv
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import polars as pl
import psutil
import pytest
import yaml

from sonosift.cohort.annotations import Annotation
from sonosift.commands import compare_worker
from sonosift.commands.compare import compare
from sonosift.errors import SonosiftError

_spec = importlib.util.spec_from_file_location("bars_cohort", Path(__file__).with_name("bars_cohort.py"))
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)

GRID = {
    "methods": {"supervised": "supervised"},
    "initialisations": {
        "random": "random",
        "clusters": {"candidates": [{"method": "lsd", "seed": seed, "steps": 2} for seed in (0, 1)]},
    },
    "label_fractions": [0.5, 1],
    "seeds": 1,
    "network": {"backbone": "test_resnet"},
    "image_size": 32,
    "steps": 3,
}
ARGUMENTS = ["-m", "sonosift", "compare"]


def prepared(folder, **changes):
    cohort, _ = bars_cohort.make_bars_cohort(folder / "cohort")
    cohort.splits.make(seed=0)
    grid = folder / "bars.yaml"
    grid.write_text(yaml.safe_dump(GRID | changes))
    return cohort, grid


def records(cohort, name="bars"):
    return sorted((cohort.runs.path / name / "cells").glob(f"{name}.*.json"))


def answers(cohort, name="bars"):
    return {path.name: pl.read_parquet(path) for path in (cohort.runs.path / name).glob("answers-*.parquet")}


def test_killed_half_way_it_goes_on_and_ends_as_if_nothing_had_happened(tmp_path):
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
    cohort, grid = prepared(tmp_path / "killed")
    begun = subprocess.Popen([sys.executable, *ARGUMENTS, cohort.path, grid, "--quiet"])
    until = time.monotonic() + 240
    while len(records(cohort)) < 2 + 1:
        assert begun.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.02)
    children = psutil.Process(begun.pid).children(recursive=True)
    assert children
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, "a cell goes on being trained for nobody"
    before = {path: path.stat().st_mtime_ns for path in records(cohort)}
    assert len(before) < 2 + 4

    second = compare(cohort.path, grid, workers=1)
    assert (second.trained, second.trainings, second.failed) == (4, 4, {})
    assert all(path.stat().st_mtime_ns == written for path, written in before.items()), "a cell was trained twice"
    straight, grid = prepared(tmp_path / "whole")
    assert compare(straight.path, grid, workers=1).model_dump(exclude={"report"}) == second.model_dump(
        exclude={"report"}
    )
    found, wanted = answers(cohort), answers(straight)
    assert found.keys() == wanted.keys()
    assert all(found[name].equals(wanted[name]) for name in wanted)
    # Runs of judged cells are gone; those that others begin with stay.
    assert not [name for name in cohort.runs.names() if name.startswith("bars.supervised")]
    assert second.chosen["clusters"] in cohort.runs.names()

    folder = cohort.runs.path / "bars"
    assert {"figure.svg", "comparison.html", "comparison.md", "scores.csv"} <= {path.name for path in folder.iterdir()}
    with (folder / "cells.csv").open() as lines:
        assert [line["state"] for line in csv.DictReader(lines)] == ["done"] * 4
    page = (folder / "comparison.html").read_text()
    for words in ("linear probe on frozen clusters", "k-NN on 32×32 pixels", "commonest answer", "yes to everything"):
        assert words in page
    changed = yaml.safe_load(grid.read_text()) | {"steps": 4}
    grid.write_text(yaml.safe_dump(changed))
    with pytest.raises(SonosiftError, match=r"other settings before \(steps\)"):
        compare(straight.path, grid, workers=1)


def test_a_cell_interrupted_in_its_training_goes_on_from_there(tmp_path, monkeypatch):
    cohort, _ = prepared(tmp_path)
    cohort.runs.create("c", {}, frame_ids=cohort.frames.frame_ids)
    spec = {
        "method": "supervised", "init": "random", "label_fraction": 0.5, "seed": 0, "split": "default", "steps": 4,
        "image_size": 32, "scale": "small", "settings": {"backbone": "test_resnet", "steps_between_validations": 2},
    }  # fmt: skip
    job = {
        "kind": "training",
        "cohort": str(cohort.path),
        "comparison": "c",
        "part": "test",
        "spec": spec,
        "keep_run": False,
    }
    from sonosift.methods.supervised import Supervised
    from sonosift.training import fit_plan

    monkeypatch.setattr(fit_plan, "FitPlan", partial(fit_plan.FitPlan, save_every_s=0))
    steps = []

    def counted(self, place):
        steps.append(place.step)
        if len(steps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Supervised, "after_step", counted)
    with pytest.raises(KeyboardInterrupt):
        compare_worker.compute(job | {"cell": "one", "run": "c.one"})
    assert "failed" not in compare_worker.compute(job | {"cell": "one", "run": "c.one"})
    assert steps == [0, 1, 2, 2, 3]
    steps.clear()
    steps += ["straight"] * 3
    assert "failed" not in compare_worker.compute(job | {"cell": "two", "run": "c.two"})
    found = answers(cohort, "c")
    assert found["answers-one.parquet"].equals(found["answers-two.parquet"])


def test_a_failed_cell_is_told_and_the_others_go_on(tmp_path):
    methods = {"supervised": "supervised", "greedy": {"method": "fixmatch-two-head", "settings": {"min_count": 900}}}
    cohort, grid = prepared(tmp_path, methods=methods, initialisations={"random": "random"}, label_fractions=[1])
    found = compare(cohort.path, grid, workers=2)
    assert (found.trained, list(found.failed)) == (1, ["bars.greedy.random.100.0"])
    assert "900 times" in found.failed["bars.greedy.random.100.0"]
    assert found.exit_code == 1
    assert found.best.startswith("supervised from random")
    assert "failed: bars.greedy" in found.describe()
    record = json.loads((cohort.runs.path / "bars" / "cells" / "bars.greedy.random.100.0.json").read_text())
    assert set(record) == {"failed"}
    # Other labels make another comparison.
    frame_id = cohort.splits.get("default").frame_ids("test")[0]
    later = Annotation(target_kind="frame", target_id=frame_id, names=("none",), author="b", source="adjudication")
    cohort.annotations.add_many([later])
    with pytest.raises(SonosiftError, match=r"other settings \(labels\)"):
        compare(cohort.path, grid, workers=1)


def test_what_no_cell_could_do_is_refused_at_once(tmp_path):
    cohort, grid = prepared(tmp_path, split="defalt")
    with pytest.raises(SonosiftError, match="Did you mean 'default'"):
        compare(cohort.path, grid)
    for changes, match in (
        ({"initialisations": {"x": "nothing.safetensors"}}, "neither a run nor a file"),
        ({"labels_from": "peeple"}, "Did you mean 'people'"),
        ({"methods": {"a": "probbe"}}, "Did you mean 'probe'"),
    ):
        grid.write_text(yaml.safe_dump(GRID | changes))
        with pytest.raises(SonosiftError, match=match):
            compare(cohort.path, grid)
    assert cohort.runs.names() == []


def test_the_child_ends_with_its_parent(tmp_path):
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-m', {compare_worker.MODULE!r}], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    time.sleep(1.5)
    assert child.is_running()
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    _, alive = psutil.wait_procs([child], timeout=20)
    assert not alive
