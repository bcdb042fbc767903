"""What can go wrong in a training, through the command: a clear message, and nothing is lost."""

from pathlib import Path

import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.commands.pretrain import pretrain
from sonosift.errors import SonosiftError
from sonosift.machine import progress
from sonosift.methods import registry
from sonosift.methods.pica import Pica
from tests.commands.bars_cohort import make_bars_cohort

TINY = {"backbone": "test_resnet"}
# Batches stay as large as each recipe's: larger than these cohorts.
OWN = {
    "dino": {"local_crops": 1, "local_size": 16, "prototypes": 12, "hidden": 16, "bottleneck": 8},
    "context-encoder": {"backbone": "resnet18", "image_width": None},
}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    made, _ = make_bars_cohort(tmp_path_factory.mktemp("troubles") / "cohort", patients=12, frames_per_exam=4)
    made.splits.make(seed=0)
    return made


def tiny(method):
    return TINY | OWN.get(method, {})


@pytest.mark.parametrize("method", registry.names("pretrain"))
def test_three_images_without_labels_and_batches_larger_than_the_cohort(tmp_path, method):
    made, _ = make_bars_cohort(tmp_path / "c", patients=3, frames_per_exam=1, labelled=False)
    size = 64 if method == "context-encoder" else 32
    summary = pretrain(made.path, method=method, scale="paper", steps=2, image_size=size, settings=tiny(method))
    assert (summary.frames, summary.steps) == (3, 2)
    assert Path(summary.model).exists()
    assert made.runs.get(method).embeddings()[1].shape[0] == 3


def test_a_full_disk_is_said_and_the_same_command_goes_on_afterwards(cohort, monkeypatch):
    real = Path.write_bytes

    def to_full_disk(path, data):
        if "last.pt" not in path.name:
            return real(path, data)
        with Path("/dev/full").open("wb", buffering=0) as full:
            return full.write(data)

    monkeypatch.setattr(Path, "write_bytes", to_full_disk)
    with pytest.raises(SonosiftError, match="no room left") as told:
        pretrain(cohort.path, run="full", steps=3, image_size=32, settings=TINY)
    assert "same command again" in told.value.hint
    assert not cohort.runs.get("full").finished
    monkeypatch.undo()
    assert pretrain(cohort.path, run="full", steps=3, image_size=32, settings=TINY).steps == 3


def test_a_loss_that_is_no_number_stops_with_a_way_out(cohort, monkeypatch):
    real = Pica.losses
    monkeypatch.setattr(Pica, "losses", lambda self, *given: {"loss": real(self, *given)["loss"] * float("nan")})
    with pytest.raises(SonosiftError, match="loss became nan at step 1") as told:
        pretrain(cohort.path, run="nan", steps=3, image_size=32, settings=TINY)
    assert "learning_rate" in told.value.hint
    assert not cohort.runs.get("nan").model_path.exists()
    monkeypatch.undo()
    assert np.isfinite(pretrain(cohort.path, run="after-nan", steps=3, image_size=32, settings=TINY).loss)


def test_stopped_in_the_middle_and_given_again_it_ends_with_the_same_weights(cohort, monkeypatch):
    whole = pretrain(cohort.path, run="whole", steps=6, image_size=32, settings=TINY)
    real = Pica.after_step

    def stop(self, place):
        if place.step == 3:
            raise KeyboardInterrupt
        real(self, place)

    monkeypatch.setattr(Pica, "after_step", stop)
    with pytest.raises(KeyboardInterrupt):
        pretrain(cohort.path, run="broken", steps=6, image_size=32, settings=TINY)
    monkeypatch.undo()
    again = pretrain(cohort.path, run="broken", steps=6, image_size=32, settings=TINY)
    assert Path(again.model).read_bytes() == Path(whole.model).read_bytes()
    assert [row["step"] for row in cohort.runs.get("broken").metrics()] == [1, 6]


def test_a_collapse_is_said_while_it_runs(cohort, monkeypatch):
    entry = registry.Entry(
        "collapsed", "pretrain", "sonosift.methods.pica_config:PicaConfig", "tests.commands.collapsed_method:Collapsed"
    )
    monkeypatch.setitem(registry._METHODS, "collapsed", entry)
    said = []
    monkeypatch.setattr(progress, "notice", said.append)
    summary = pretrain(cohort.path, method="collapsed", steps=60, image_size=32, settings=TINY)
    for figure in ("filled_clusters", "effective_clusters", "effective_rank", "spread", "knn_above_chance"):
        assert any(figure in line for line in summary.warnings), figure
    assert set(summary.warnings) <= set(said)
    assert cohort.runs.get("collapsed").summary()["warnings"] == summary.warnings


def test_uscl_without_a_label_learns_from_the_contrast_alone(tmp_path):
    made, _ = make_bars_cohort(tmp_path / "c", patients=4, frames_per_exam=2, labelled=False)
    pretrain(made.path, method="uscl", steps=2, image_size=32, settings=TINY)
    rows = Cohort.open(made.path).runs.get("uscl").metrics()
    assert all("label_term" not in row for row in rows)


def test_pictures_of_frames_that_were_not_learnt_from_come_into_the_report(cohort):
    from sonosift.report.run_pictures import run_pictures

    settings = tiny("context-encoder") | {"image_width": 96}
    pretrain(cohort.path, method="context-encoder", steps=2, image_size=64, settings=settings)
    shown = run_pictures(cohort.runs.get("context-encoder"))
    assert (shown.part, shown.columns) == ("validation", ["without its middle", "filled in", "as it is"])
    assert 1 <= len(shown.rows) <= 6
    assert all(picture.uri.startswith("data:image/jpeg") for row in shown.rows for picture in row)
    pretrain(cohort.path, run="shows-nothing", steps=1, image_size=32, settings=TINY)
    assert run_pictures(cohort.runs.get("shows-nothing")) is None
    row = next(row for row in cohort.runs.get("context-encoder").metrics() if "validation_loss" in row)
    joint = 0.99 * row["validation_reconstruction"] + 0.01 * row["validation_fooling"]
    assert row["validation_loss"] == pytest.approx(joint, rel=1e-5)


@pytest.mark.parametrize("method", ["context-encoder", "uscl"])
def test_a_split_without_a_validation_part_keeps_the_last_step(tmp_path, method):
    """And shows frames of the whole cohort, where the method shows any."""
    made, _ = make_bars_cohort(tmp_path / "c", patients=4, frames_per_exam=2)
    made.splits.make({"train": 0.5, "test": 0.5}, seed=0, name="halves")
    found = pretrain(
        made.path, method=method, split="halves", part="train", steps=1, image_size=64, settings=tiny(method)
    )
    assert found.best_step is None
    pictures = made.runs.get(method).path / "pictures.npz"
    assert pictures.exists() is (method == "context-encoder")
