"""The comparison of representations, end to end on a cohort of bars: a few frames, a few steps."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch

from benchmarks.representations import cells as cells_of
from benchmarks.representations.__main__ import main
from benchmarks.representations.arms import ARMS, Arm
from benchmarks.representations.cells import Cell, grid
from benchmarks.representations.cohorts import LUNG, PHANTOM, PHANTOM_SHARES, SPLIT
from benchmarks.representations.lite0_weights import NAME, for_our_scaling
from benchmarks.representations.rows import metadata_claim, rows_of
from benchmarks.representations.scores import exam_of
from benchmarks.representations.tables import Scale, table
from sonosift.batches.random_views import centre_view
from sonosift.cohort.cohort import Cohort
from sonosift.evaluate.resampling import Resampling

_bars = Path(__file__).parents[1] / "commands" / "bars_cohort.py"
_spec = importlib.util.spec_from_file_location("bars_cohort", _bars)
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)

TINY = {"backbone": "test_resnet"}
ARMS_HERE = {
    arm.name: arm
    for arm in (
        Arm("random weights", None, settings=TINY),
        Arm("random weights, settled", None, settings=TINY, settled=True),
        Arm("simclr", "simclr", 16, TINY | {"batch_size": 16}),
        Arm("lite0, ImageNet weights", None, settings=TINY, init="imagenet"),
    )
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    made, _ = bars_cohort.make_bars_cohort(tmp_path / PHANTOM, patients=16, frames_per_exam=4)
    made.splits.make(PHANTOM_SHARES, seed=0, name=SPLIT)
    monkeypatch.setattr(cells_of, "ARMS", ARMS_HERE)
    monkeypatch.setattr(cells_of, "IMAGE_SIZE", 32)
    return tmp_path


def call(folder, *more):
    return main([str(folder), "--cohort", PHANTOM, "--images", "48", "--seeds", "2", "--draws", "50", *more])


def test_it_stops_goes_on_and_prints_what_is_there(folder, capsys):
    assert call(folder, "--only", "training", "--cells", "1") == 1
    assert call(folder, "--only", "training") == 0
    done = sorted(path.name for path in (folder / "cells" / PHANTOM).iterdir())
    assert done == [
        f"{arm}-{seed}.json" for arm in ("random-weights", "random-weights-settled", "simclr") for seed in (0, 1)
    ]
    record = json.loads((folder / "cells" / PHANTOM / "simclr-1.json").read_text())
    assert (record["steps"], record["images"], record["seed"]) == (3, 48, 1)
    assert len(record["curve"]["step"]) == len(record["curve"]["loss"])
    before = {path: path.stat().st_mtime_ns for path in (folder / "features" / PHANTOM).iterdir()}
    assert call(folder, "--only", "training") == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before

    capsys.readouterr()
    figure = folder / "figure.svg"
    assert call(folder, "--only", "tables", "--figure", str(figure)) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("**Phantom.** Scale: ")
    # Three steps are no training: the row says so and stands below those that need none.
    assert "undertrained: too short to see its loss rest" in printed
    assert printed.index("| random weights |") < printed.index("| simclr |")
    assert "| lite0, ImageNet weights | not run: no weights |" in printed
    assert "| resnet18, ImageNet weights | not run: no weights |" in printed
    assert figure.read_text().count("<circle") == 2 * 6


def test_a_row_that_learnt_nothing_gains_nothing(folder):
    """The features of random weights under another name: every paired difference is 0, and nothing is ranked."""
    call(folder, "--only", "training")
    cells = [cell for cell in grid(folder, [PHANTOM], 2) if not cell.impossible]
    for cell in cells:
        if cell.arm.name == "simclr":
            twin = next(c for c in cells if c.arm.name == "random weights, settled" and c.seed == cell.seed)
            np.save(cell.features_file, twin.features())
    cohort = Cohort.open(folder / PHANTOM)
    exam = exam_of(cohort, "test")
    rows = rows_of(cohort, exam, cells, "test", Resampling(50, 0))
    assert rows["simclr"].gain["probe"].interval() == (0.0, 0.0)
    assert "not above random weights, settled" in rows["simclr"].verdict
    assert "+0.000 (+0.000 to +0.000)" in table(cohort, exam, cells, rows, "test", Scale(48, 2))
    assert metadata_claim(rows) == []


def test_no_patient_is_asked_about_whom_the_probe_or_the_training_knows(folder):
    cohort = Cohort.open(folder / PHANTOM)
    exam = exam_of(cohort, "test")
    patients = cohort.catalog()["patient"].to_numpy()
    learnt = set(cohort.splits.get(SPLIT).patients("train"))
    assert set(patients[exam.training]) <= learnt
    assert not set(exam.patients) & learnt
    assert set(exam.patients) == set(cohort.splits.get(SPLIT).patients("test"))


def test_settled_normalisations_see_features_of_mean_0_and_spread_1(folder):
    cohort = Cohort.open(folder / PHANTOM)
    layers = {}
    original = cells_of._settle

    def settle(network, frames):
        original(network, frames, at_a_time=len(frames))
        first = next(part for part in network.backbone.modules() if isinstance(part, torch.nn.BatchNorm2d))
        seen = []
        first.register_forward_hook(lambda layer, given, found: seen.append(given[0]))
        network.backbone(centre_view(frames.gather(np.arange(len(frames))), 32))
        layers.update(found=first, given=seen[0])

    cells_of._settle = settle
    try:
        cells_of.untrained_features(cohort, ARMS_HERE["random weights, settled"], "random", 0)
    finally:
        cells_of._settle = original
    mean, spread = layers["given"].mean(dim=(0, 2, 3)), layers["given"].var(dim=(0, 2, 3))
    assert torch.allclose(layers["found"].running_mean, mean, atol=1e-4)
    assert torch.allclose(layers["found"].running_var, spread, rtol=1e-3)


def test_arms_share_their_network_and_names_are_files():
    for arm in ARMS.values():
        lite = arm.name.startswith("lite0")
        assert arm.settings["backbone"] == ("tf_efficientnet_lite0" if lite else "resnet18")
        assert arm.beside in ARMS
        assert ARMS[arm.beside].settings["backbone"] == arm.settings["backbone"]
    names = [cell.name for cell in grid(Path("out"), [PHANTOM], 3)]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalnum() and name.isascii() for name in names)
    shown = [arm.steps(6000) * arm.images_per_step / arm.share for arm in ARMS.values() if arm.method]
    assert max(shown) - min(shown) <= 200
    assert all(Cell(Path("out"), LUNG, arm, 0).arm.cohorts for arm in ARMS.values())


def test_the_fold_of_the_scaling_changes_no_answer_inside_the_border():
    network = timm.create_model(NAME).eval()
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    weights["bn1.running_mean"] = torch.randn(32)
    network.load_state_dict(weights)
    ours = timm.create_model(NAME, num_classes=0).eval()
    ours.load_state_dict(for_our_scaling(weights))
    picture = torch.rand(1, 3, 32, 32)
    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        theirs = network.bn1(network.conv_stem((picture - 0.5) / 0.5))
        found = ours.bn1(ours.conv_stem((picture - mean.view(1, 3, 1, 1)) / spread.view(1, 3, 1, 1)))
    assert torch.allclose(found[..., :-1, :-1], theirs[..., :-1, :-1], atol=1e-4)
