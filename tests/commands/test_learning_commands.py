"""pretrain, cluster and train on a small cohort, one after the other."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import timm
from pydantic import ValidationError

from sonosift.commands.cluster import cluster
from sonosift.commands.pretrain import pretrain
from sonosift.commands.train import train
from sonosift.errors import SonosiftError
from sonosift.metrics.f1 import class_scores
from sonosift.metrics.thresholds import decide

_spec = importlib.util.spec_from_file_location("bars_cohort", Path(__file__).with_name("bars_cohort.py"))
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)

TINY = {"backbone": "test_resnet", "clusters": 4, "learning_rate": 3e-3}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    made, truth = bars_cohort.make_bars_cohort(tmp_path_factory.mktemp("bars") / "cohort")
    made.splits.make(seed=0)
    pretrain(made.path, steps=20, image_size=32, settings=TINY)
    return made, truth


def test_pretrain_learns_from_the_training_part_and_embeds_every_frame(cohort):
    made, _ = cohort
    run = made.runs.get("pica")
    summary = run.summary()
    assert summary["frames"] == len(made.splits.get("default").frame_ids("train")) < len(made.frames)
    assert (summary["steps"], summary["image_size"]) == (20, 32)
    ids, vectors = run.embeddings()
    assert ids == made.frames.frame_ids
    net = timm.create_model("test_resnet", num_classes=0, in_chans=1, checkpoint_path=str(run.model_path))
    assert vectors.shape == (len(ids), net.num_features)
    assert json.loads(run.metrics_path.read_text().splitlines()[0])["step"] == 1


def test_the_same_command_again_changes_nothing(cohort):
    made, _ = cohort
    before = made.runs.get("pica").model_path.stat().st_mtime_ns
    again = pretrain(made.path, steps=20, image_size=32, settings=TINY)
    assert again.model_dump() == made.runs.get("pica").summary()
    assert made.runs.get("pica").model_path.stat().st_mtime_ns == before
    with pytest.raises(SonosiftError, match="other settings"):
        pretrain(made.path, steps=21, image_size=32, settings=TINY)


@pytest.mark.parametrize("method", ["pica-head", "kmeans"])
def test_cluster_gives_every_frame_a_group(cohort, method):
    made, _ = cohort
    summary = cluster(made.path, from_run="pica", method=method)
    table = pl.read_parquet(summary.table)
    assert table["frame_id"].to_list() == made.frames.frame_ids
    assert table["group"].is_between(0, 3).all()
    assert table["confidence"].is_between(0, 1).all()
    assert summary.groups == 4
    assert summary.filled_groups == table["group"].n_unique()
    assert summary.largest_share == pytest.approx(table["group"].value_counts()["count"].max() / len(table))


def test_train_recognises_frames_of_patients_it_never_saw(cohort):
    made, truth = cohort
    # Named after its weights; they decide backbone and size too.
    summary = train(made.path, init="pica", epochs=40, settings={"learning_rate": 3e-3, "steps_between_validations": 2})
    assert summary.run == "supervised-from-pica"
    assert summary.image_size == 32
    test_ids = made.splits.get("default").frame_ids("test")
    predictions = pl.read_parquet(summary.predictions)
    rows = pl.DataFrame({"frame_id": test_ids}).join(predictions, on="frame_id", maintain_order="left")
    names = bars_cohort.BARS.names
    decided = decide(rows.select(names).to_numpy(), np.array([summary.thresholds[name] for name in names]))
    matrix = np.stack([bars_cohort.BARS.encode(truth[frame_id]) for frame_id in test_ids])
    yes_to_all = class_scores(matrix, np.ones_like(matrix)).weighted_f1
    assert yes_to_all < 0.75
    assert class_scores(matrix, decided).weighted_f1 > 0.9
    kept = pl.read_parquet(made.runs.get(summary.run).path / "training_frames.parquet")["frame_id"]
    assert sorted(kept) == sorted(made.splits.get("default").frame_ids("train"))


def test_label_fraction_uses_whole_exams(cohort):
    made, _ = cohort
    summary = train(
        made.path, run="few", label_fraction=0.5, epochs=1, image_size=32, settings={"backbone": "test_resnet"}
    )
    assert summary.training_frames == summary.training_exams * 8
    assert 0.35 < summary.training_frames / len(made.splits.get("default").frame_ids("train")) < 0.65


def test_errors_say_what_to_do(cohort, tmp_path):
    made, _ = cohort
    for call, match in (
        (lambda: pretrain(made.path, method="picca"), "Did you mean 'pica'"),
        (lambda: pretrain(made.path, method="supervised"), "method of pretrain"),
        (lambda: pretrain(made.path, settings={"lambda": 2}), "unknown setting of pica 'lambda'"),
        (lambda: pretrain(made.path, scale="smal"), "small"),
        (lambda: pretrain(made.path, run="x", steps=0), "greater than or equal to 1"),
        (lambda: pretrain(made.path, run="x", part="tranin"), "train"),
        (lambda: cluster(made.path, from_run="pica", method="k-means"), "kmeans"),
        (lambda: cluster(made.path, from_run="pika"), "pica"),
        (lambda: cluster(made.path, from_run="pica", k=7), "has learnt 4 groups, not 7"),
        (lambda: train(made.path, init="pika"), "neither a run nor a file"),
        (lambda: train(made.path, run="x", label_fraction=0), "label_fraction is 0"),
        (lambda: train(made.path, init="pica", run="x", image_size=32, settings={"channels": 3}), "do not fit"),
        (lambda: pretrain(tmp_path / "nowhere"), "no cohort"),
    ):
        with pytest.raises((SonosiftError, ValidationError), match=match):
            call()


def test_without_labels_and_without_split(tmp_path):
    made, _ = bars_cohort.make_bars_cohort(tmp_path / "c", patients=5, frames_per_exam=2, labelled=False)
    summary = pretrain(made.path, steps=1, image_size=32, settings=TINY)
    assert summary.frames == 10  # no split yet: all frames
    with pytest.raises(SonosiftError, match="no frame of the train part"):
        train(made.path)


def test_a_cohort_of_three_frames(tmp_path):
    made, _ = bars_cohort.make_bars_cohort(tmp_path / "c", patients=3, frames_per_exam=1)
    assert pretrain(made.path, steps=2, image_size=32, settings=TINY).frames == 3
    assert cluster(made.path, from_run="pica").frames == 3
