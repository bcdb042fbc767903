"""The methods that learn from labels, and where labels may come from, on the cohort of bars."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from sonosift.cohort.annotations import Annotation
from sonosift.commands.evaluate import evaluate
from sonosift.commands.label import label
from sonosift.commands.train import train
from sonosift.errors import SonosiftError
from sonosift.labels.space import LabelSpace
from sonosift.training.finished_run import load_method

_spec = importlib.util.spec_from_file_location("bars_cohort", Path(__file__).with_name("bars_cohort.py"))
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)

TINY = {"backbone": "test_resnet"}
SEMI = ["fixmatch-one-head", "fixmatch-two-head", "mixmatch", "pi", "temporal-ensembling"]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    made, truth = bars_cohort.make_bars_cohort(tmp_path_factory.mktemp("bars") / "cohort")
    made.splits.make(seed=0)
    return made, truth


@pytest.mark.parametrize("method", [*SEMI, "probe"])
def test_every_method_trains_predicts_and_is_loaded_again(cohort, method):
    made, _ = cohort
    summary = train(made.path, method=method, label_fraction=0.5, steps=4, image_size=32, settings=TINY)
    training = len(made.splits.get("default").frame_ids("train"))
    unlabelled = 0 if method == "probe" else training - summary.training_frames
    assert (summary.steps, summary.unlabelled_frames) == (4, unlabelled)
    table = pl.read_parquet(summary.predictions)
    assert table.columns == ["frame_id", *bars_cohort.BARS.names]
    assert table["frame_id"].to_list() == made.frames.frame_ids
    assert summary.temperature > 0
    run = made.runs.get(summary.run)
    loaded = load_method(run)
    head = torch.cat([value.flatten() for value in loaded.organ_head.state_dict().values()])
    assert torch.isfinite(head).all()
    kept = pl.read_parquet(run.path / "training_frames.parquet")
    assert set(kept["source"]) == {"people"}
    assert (kept["weight"] == 1).all()


def test_two_heads_learn_every_combination_that_is_common_enough(cohort):
    made, _ = cohort
    run = made.runs.get("fixmatch-two-head-from-random")
    kept = pl.read_parquet(run.path / "training_frames.parquet")["frame_id"].to_list()
    matrix = made.annotations.label_matrix(kept).matrix
    rows, counts = np.unique(matrix, axis=0, return_counts=True)
    assert sorted(run.config["facts"]["combinations"]) == sorted(rows[counts >= 5].tolist())


def test_last_block_leaves_the_rest_as_it_was(cohort):
    made, _ = cohort
    first = train(made.path, run="whole", steps=1, image_size=32, settings=TINY)
    settings = {"finetune": "last-block", "learning_rate": 1e-2}
    train(made.path, run="block", init=first.run, steps=2, settings=settings)
    before, after = (load_method(made.runs.get(name)).backbone.state_dict() for name in ("whole", "block"))
    changed = {key for key, value in before.items() if not torch.equal(value, after[key])}
    assert changed
    assert all(key.startswith("net.layer4") for key in changed)


def test_named_groups_alone_are_enough(tmp_path):
    made, truth = bars_cohort.make_bars_cohort(tmp_path / "c", labelled=False)
    made.splits.make(seed=0)
    ids = made.frames.frame_ids
    sets = [("upright",), ("level",), ("upright", "level"), ("none",)]
    groups = [next(n for n, names in enumerate(sets) if set(names) == set(truth[frame_id])) for frame_id in ids]
    run = made.runs.create("kmeans", {}, frame_ids=ids)
    pl.DataFrame({"frame_id": ids, "group": groups}).write_parquet(run.path / "groups.parquet")
    with pytest.raises(SonosiftError, match="named groups of 0 runs"):
        train(made.path, labels_from="group", steps=1, settings=TINY)
    made.annotations.add_many(
        Annotation(target_kind="group", target_id=f"kmeans/{n}", names=names, author="ann", source="group")
        for n, names in enumerate(sets)
    )
    summary = train(made.path, labels_from="people,group=0.5", steps=2, image_size=32, settings=TINY)
    assert summary.sources == {"group": summary.training_frames}
    kept = pl.read_parquet(made.runs.get(summary.run).path / "training_frames.parquet")
    assert (kept["weight"] == 0.5).all()


def test_bad_input_is_answered(cohort, tmp_path):
    made, _ = cohort
    for call, match in (
        (lambda: train(made.path, method="fixmach"), "Did you mean 'fixmatch'"),
        (lambda: train(made.path, method="fixmatch", settings=TINY), "does not fit this label space"),
        (lambda: train(made.path, labels_from="peeple"), "people"),
        (lambda: train(made.path, labels_from="people=-1"), "weight of people"),
        (lambda: train(made.path, split="defualt"), "Did you mean 'default'"),
        (lambda: train(made.path, settings={"learning_rat": 1}), "Did you mean 'learning_rate'"),
        (lambda: train(made.path, label_fraction=2), "label_fraction is 2"),
        (lambda: train(made.path, labels_from="weak"), "is labelled by weak"),
        (lambda: train(made.path, method="fixmatch-two-head", settings=TINY | {"min_count": 900}), "900 times"),
    ):
        with pytest.raises(SonosiftError, match=match):
            call()
    same, _ = bars_cohort.make_bars_cohort(tmp_path / "same", labelled=False)
    same.annotations.add_many(
        Annotation(target_kind="frame", target_id=frame_id, names=("level",), author="t", source="expert")
        for frame_id in same.frames.frame_ids
    )
    with pytest.raises(SonosiftError, match="says the same: level"):
        train(same.path)


def test_a_label_that_no_validation_frame_has(tmp_path):
    made, truth = bars_cohort.make_bars_cohort(tmp_path / "c", labelled=False)
    made.splits.make(seed=0)
    judged = set(made.splits.get("default").frame_ids("validation"))
    made.annotations.add_many(
        Annotation(target_kind="frame", target_id=frame_id, names=tuple(names), author="t", source="expert")
        for frame_id, names in truth.items()
        if frame_id not in judged or "none" not in names
    )
    with pytest.raises(SonosiftError, match="no validation frame is labelled none"):
        train(made.path, image_size=32, settings=TINY)
    assert made.runs.names() == []
    assert train(made.path, steps=1, image_size=32, settings=TINY, unjudged=True).thresholds["none"] == 0.5


def test_labels_about_frames_of_another_cohort(cohort, tmp_path):
    made, _ = cohort
    before = len(made.annotations)
    table = tmp_path / "labels.csv"
    table.write_text("frame_id,upright,level\nnot-here,1,0\n")
    with pytest.raises(SonosiftError, match="none of the 1 rows"):
        label(made.path, table)
    assert len(made.annotations) == before


def test_fixmatch_where_every_image_has_one_label(tmp_path, monkeypatch):
    one = LabelSpace(name="one", kind="single", names=("upright", "level", "none"))
    monkeypatch.setattr(bars_cohort, "BARS", one)
    made, truth = bars_cohort.make_bars_cohort(tmp_path / "c", labelled=False)
    made.annotations.add_many(
        Annotation(target_kind="frame", target_id=frame_id, names=(sorted(names)[0],), author="t", source="expert")
        for frame_id, names in truth.items()
    )
    summary = train(made.path, method="fixmatch", label_fraction=0.5, steps=3, image_size=32, settings=TINY)
    rows = pl.read_parquet(summary.predictions).select(one.names).to_numpy()
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)
    assert summary.thresholds == {}  # one answer is the likeliest; nothing is cut
    assert abs(np.log(summary.temperature)) < 3.001
    found = evaluate(made.path, run=summary.run, draws=20)
    judged = json.loads(Path(found.evaluation).read_text())
    ours = judged["methods"][0]
    assert {row["threshold"] for row in ours["classes"]} == {None}
    test = made.splits.get("default").frame_ids("test")
    table = pl.read_parquet(summary.predictions).filter(pl.col("frame_id").is_in(test))
    said = table.select(one.names).to_numpy().argmax(axis=1)
    true = made.annotations.label_matrix(table["frame_id"].to_list()).matrix.argmax(axis=1)
    assert ours["weighted_recall"]["value"] == pytest.approx((said == true).mean(), abs=1e-6)
    with pytest.raises(SonosiftError, match="does not fit this label space"):
        train(made.path, method="fixmatch-one-head", settings=TINY)
