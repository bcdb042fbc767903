"""The clustering benchmark, end to end on a cohort of bars that are called views: a few frames, a few steps."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.clustering import __main__ as benchmark
from benchmarks.clustering import arms, balance, fusc_tables, unseen
from benchmarks.clustering.box_plot import box_plot
from benchmarks.clustering.cohorts import PHANTOM, domain_splits
from benchmarks.clustering.judging import by_super_group
from benchmarks.clustering.kept_cells import Budget, Cell, KeptCells
from benchmarks.cohort_copies import copied, evenly
from benchmarks.representations.arms import ARMS
from benchmarks.representations.cohorts import SPLIT
from sonosift.cohort.cohort import Cohort
from sonosift.labels.views import SUPER_GROUPS, VIEWS

_bars = Path(__file__).parents[1] / "commands" / "bars_cohort.py"
_spec = importlib.util.spec_from_file_location("bars_cohort", _bars)
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)

VIEW_OF = {"upright": "liver_dome", "level": "pancreas", "level+upright": "spleen", "none": "lung"}
MACHINES = ("Aurora 7", "Helix XP", "Vesta 300")
TINY = [
    "--image-size",
    "32",
    "--images",
    "64",
    "--group-images",
    "96",
    "--balance-images",
    "96",
    "--refine-images",
    "64",
    "--groups",
    "4",
]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clustering")
    bars, truth = bars_cohort.make_bars_cohort(folder / "bars", patients=18, frames_per_exam=6)
    names = {frame_id: (VIEW_OF["+".join(sorted(named))],) for frame_id, named in truth.items()}
    catalog = bars.catalog().sort("patient")
    machines = pl.Series("machine", [MACHINES[int(patient[7:]) % 3] for patient in catalog["patient"]])
    made = copied(bars, folder / "views", catalog.with_columns(machines), VIEWS, names, "test")
    made.splits.make({"train": 0.5, "validation": 0.25, "test": 0.25}, seed=0, name=SPLIT)
    return made


@pytest.fixture
def call(cohort, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "_cohort", lambda *_: cohort)
    monkeypatch.setattr(
        benchmark, "components", lambda _, here: {one: one for one in here.catalog()["patient"].unique()}
    )
    tiny = {
        name: replace(ARMS[name], settings=ARMS[name].settings | {"backbone": "test_resnet"})
        for name in ("simclr", "dino", "deepcluster", "pica", "lsd")
    }
    monkeypatch.setattr(arms, "ARMS", tiny)
    monkeypatch.setattr(balance, "ARMS", tiny)
    monkeypatch.setattr(arms, "_SUPERVISED", arms._SUPERVISED | {"backbone": "test_resnet"})
    monkeypatch.setattr(arms, "FUSC_BATCH", 32)
    monkeypatch.setattr(arms, "REFINE_BATCH", 32)
    monkeypatch.setattr(arms, "LINEAR_STEPS", 20)

    def called(*more):
        return benchmark.main([str(tmp_path / "out"), "--made", "nowhere", "--cohort", PHANTOM, *TINY, *more])

    return called


def test_the_tables_of_the_paper_in_its_own_shape(call, tmp_path, capsys):
    assert call("--only", "tables", "--seeds", "1", "--cells", "2") == 1
    assert call("--only", "tables", "--seeds", "1") == 0
    cells = tmp_path / "out" / "cells"
    assert len(list(cells.iterdir())) == len(fusc_tables.ROWS)
    times = {path: path.stat().st_mtime_ns for path in cells.iterdir()}
    capsys.readouterr()
    assert call("--only", "tables", "--seeds", "1", "--cells", "0") == 0
    assert {path: path.stat().st_mtime_ns for path in cells.iterdir()} == times
    printed = capsys.readouterr().out
    for table in fusc_tables.TABLES:
        assert f"**Table {table}**" in printed
    found = json.loads((cells / "phantom-tables-3-FUSC-self_SimCLR-0.json").read_text())
    assert found["formed"] == 8 * 4
    row = next(line for line in printed.splitlines() if line.startswith("| FUSC* SimCLR") and "of 32" in line)
    assert row.endswith("| 35 | 72 | 57 |")
    assert f"{100 * found['purity']['value']:.1f}" in row
    # The upper bound's answers are taken as groups: no more of them than views.
    answers = json.loads((cells / "phantom-tables-1-supervised-0.json").read_text())
    assert answers["filled"] <= len(VIEWS.names)


def test_the_balance_is_drawn_with_every_seed(call, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(balance, "WEIGHTS", (1.0, 5.0))
    assert call("--only", "balance", "--seeds", "2", "--seconds", "0") == 1
    assert call("--only", "balance", "--seeds", "2") == 0
    printed = capsys.readouterr().out
    assert printed.count("| LSD |") == printed.count("| PICA |") == 2
    assert (tmp_path / "out" / "balance-phantom.svg").read_text().count("<circle") == 2 * 2 * 2


def test_a_scanner_never_seen_is_judged_on_the_frames_of_one_that_was(call, tmp_path, capsys, cohort):
    assert call("--only", "unseen", "--seeds", "1") == 0
    printed = capsys.readouterr().out
    assert "Never seen: a scanner" in printed
    assert "Set apart as unlike all known frames at 5% false alarms, machine unseen" in printed
    read = KeptCells(tmp_path / "out" / "cells").read
    for row in unseen.ROWS:
        unknown, known = (read(unseen.cell_name(PHANTOM, arm, row, 0)) for arm in (unseen.UNSEEN, unseen.SEEN))
        assert unknown["there"]["frames"] == known["there"]["frames"] > 0
        assert unknown["held_out"] == MACHINES[0]
    assert cohort.runs.get("k-means-on-pixels.4.seen-aurora-0.0").config["split"] == "seen-aurora-0"


def test_another_scale_needs_another_folder(call):
    assert call("--only", "balance", "--cells", "0") == 1
    with pytest.raises(SystemExit, match="was begun with"):
        call("--only", "balance", "--cells", "0", "--images", "640")


@pytest.mark.parametrize("seed", range(4))
def test_splits_by_scanner_judge_the_same_patients_and_learn_from_as_many_frames(cohort, seed):
    patients = sorted(cohort.catalog()["patient"].unique())
    # Two patients whose frames are near-duplicates count as one.
    together = {patient: patients[0] if patient == patients[3] else patient for patient in patients}
    unknown, known, judged = domain_splits(cohort, "machine", "Helix XP", together, seed)
    parts = [dict(cohort.splits.get(name).table.iter_rows()) for name in (unknown, known)]
    assert all(split[patients[0]] == split[patients[3]] for split in parts)
    of_it = set(cohort.catalog().filter(pl.col("machine") == "Helix XP")["patient"])
    tested = set(cohort.splits.get(unknown).patients("test"))
    assert tested == set(cohort.splits.get(known).patients("test")) <= of_it
    assert not of_it & {patient for patient, part in parts[0].items() if part in ("train", "validation", "beside")}
    assert {patient for patient in of_it if parts[1][patient] == "train"} == of_it - tested
    sizes = [len(cohort.splits.get(name).frame_ids("train")) for name in (unknown, known)]
    assert abs(sizes[0] - sizes[1]) <= 12
    catalog = cohort.catalog().filter(pl.col("frame_id").is_in(list(judged)))
    assert set(catalog["patient"]) == tested
    other = domain_splits(cohort, "machine", "Helix XP", together, seed ^ 1)
    assert set(cohort.splits.get(other[0]).patients("test")) == of_it - tested


def test_cells_killed_or_out_of_time_go_on(tmp_path):
    worked = []

    def cell(number, fails=False):
        def work():
            if fails:
                raise KeyboardInterrupt
            worked.append(number)
            return {"number": number}

        return Cell(f"cell-{number}", work)

    kept = KeptCells(tmp_path / "cells")
    with pytest.raises(KeyboardInterrupt):
        kept.work_off([cell(0), cell(1, fails=True), cell(2)], Budget())
    everything = [cell(number) for number in range(4)]
    assert kept.work_off(everything, Budget(seconds=0)) == (0, 3)
    assert kept.work_off(everything, Budget(cells=-1)) == (0, 3)
    assert kept.work_off(everything, Budget(cells=2)) == (2, 1)
    assert kept.work_off(everything, Budget()) == (1, 0)
    assert worked == [0, 1, 2, 3]
    assert kept.read("cell-3")["number"] == 3
    assert kept.read("cell-9") is None


def test_frames_are_kept_evenly_and_super_groups_hold_their_views(cohort):
    kept = evenly(cohort.catalog(), 4)
    assert kept.group_by("exam").len()["len"].to_list() == [4] * 18
    assert evenly(cohort.catalog(), 99)["frame_id"].to_list() == evenly(cohort.catalog(), None)["frame_id"].to_list()
    assert by_super_group(np.eye(len(VIEWS.names), dtype=np.uint8)).sum(axis=0).tolist() == [5, 5, 5, 7]
    assert len(SUPER_GROUPS.names) == 4
    assert Cohort.open(cohort.path).annotations.label_matrix(kept["frame_id"].to_list()).known.all()


def test_a_box_has_its_quartiles_and_ends():
    drawn = box_plot({("lsd", 1.0): [0.0, 1.0, 2.0, 3.0, 4.0]}, (1.0,))
    assert drawn.count("<circle") == 5
    flat = box_plot({("lsd", 1.0): [0.5], ("pica", 1.0): [0.5]}, (1.0,))
    assert flat.count("<circle") == 2
