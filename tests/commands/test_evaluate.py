import json

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

from sonosift.commands.evaluate import evaluate
from sonosift.errors import SonosiftError
from sonosift.evaluate.score_table import Evaluation
from sonosift.labels.abdomen import ABDOMEN
from sonosift.metrics.thresholds import decide, fit_thresholds


def _truth(cohort, part):
    ids = cohort.splits.get().frame_ids(part)
    return ids, cohort.annotations.label_matrix(ids).matrix


def test_a_training_is_judged_as_by_hand(judged_cohort):
    summary = evaluate(judged_cohort.path, run="train", draws=100)
    predictions = pl.read_parquet(judged_cohort.path / "runs/train/predictions.parquet")
    scores = {row[0]: row[1:] for row in predictions.iter_rows()}
    (v_ids, v_truth), (t_ids, t_truth) = _truth(judged_cohort, "validation"), _truth(judged_cohort, "test")
    thresholds = fit_thresholds(v_truth, np.array([scores[frame_id] for frame_id in v_ids]))
    answers = decide(np.array([scores[frame_id] for frame_id in t_ids]), thresholds)
    expected = f1_score(t_truth, answers, average="weighted", zero_division=0)
    assert summary.weighted_f1 == pytest.approx(expected, abs=1e-5)
    assert summary.weighted_f1_low <= summary.weighted_f1 <= summary.weighted_f1_high
    assert summary.frames == len(t_ids)
    assert summary.per_label_f1["spleen"] is None
    assert any("spleen" in note for note in summary.notes)
    assert "weighted F1" in summary.describe()


def test_evaluation_json_holds_everything_and_is_the_same_twice(judged_cohort):
    evaluate(judged_cohort.path, run="train", draws=50)
    path = judged_cohort.path / "runs/train/evaluation.json"
    first = path.read_text()
    json.loads(first, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    found = Evaluation.model_validate_json(first)
    assert {method.name for method in found.methods if method.kind == "baseline"} == {
        "yes to everything",
        "majority label set",
        "linear probe on 32×32 pixels",
        "k-means on 32×32 pixels",
    }
    assert len(found.methods[0].machines) == 2
    assert found.label_names == list(ABDOMEN.names)
    evaluate(judged_cohort.path, run="train", draws=50)
    assert path.read_text() == first


def test_groups_are_named_by_validation_and_pure(judged_cohort):
    summary = evaluate(judged_cohort.path, run="cluster", draws=50)
    assert summary.weighted_f1 == pytest.approx(1.0)
    assert summary.purity == pytest.approx(1.0)


def test_groups_asked_for_but_empty_still_count(judged_cohort):
    grouped = judged_cohort.runs.create("cluster-9", {"method": "pica-head", "clusters": 9})
    table = judged_cohort.path / "runs/cluster/groups.parquet"
    (grouped.path / "groups.parquet").write_bytes(table.read_bytes())
    evaluate(judged_cohort.path, run="cluster-9", draws=20)
    found = Evaluation.model_validate_json((grouped.path / "evaluation.json").read_text())
    assert [row.groups for row in found.groups] == [9, 9]


def test_an_embedding_is_judged_by_a_linear_probe(judged_cohort):
    summary = evaluate(judged_cohort.path, run="pretrain", draws=50)
    found = Evaluation.model_validate_json((judged_cohort.path / "runs/pretrain/evaluation.json").read_text())
    assert found.methods[0].name == "linear probe on pretrain"
    assert found.methods[0].kind == "run"
    assert summary.weighted_f1 > 0.8


def test_features_a_training_began_with_are_a_baseline(judged_cohort):
    begun = judged_cohort.runs.create("train-2", {"method": "supervised", "init": "pretrain"})
    predictions = judged_cohort.path / "runs/train/predictions.parquet"
    (begun.path / "predictions.parquet").write_bytes(predictions.read_bytes())
    evaluate(judged_cohort.path, run="train-2", draws=20)
    found = Evaluation.model_validate_json((begun.path / "evaluation.json").read_text())
    names = {method.name: method.kind for method in found.methods}
    assert names["linear probe on pretrain"] == "baseline"
    assert names["k-means on pretrain"] == "baseline"
    assert len(found.differences) == len(found.methods) - 1


def test_the_validation_part_can_be_judged(judged_cohort):
    assert evaluate(judged_cohort.path, run="train", part="validation", draws=20).part == "validation"


def test_baselines_learn_from_the_frames_the_run_was_given(judged_cohort):
    ids = judged_cohort.splits.get().frame_ids("train")[:30]
    pl.DataFrame({"frame_id": ids}).write_parquet(judged_cohort.path / "runs/train/training_frames.parquet")
    evaluate(judged_cohort.path, run="train", draws=20)
    found = Evaluation.model_validate_json((judged_cohort.path / "runs/train/evaluation.json").read_text())
    assert found.training_frames == 30


def test_mistakes_are_told_in_words(judged_cohort):
    with pytest.raises(SonosiftError, match="unknown run 'trian'"):
        evaluate(judged_cohort.path, run="trian")
    with pytest.raises(SonosiftError, match="no frame of the tset part"):
        evaluate(judged_cohort.path, run="train", part="tset")
    with pytest.raises(SonosiftError, match="draws = 1"):
        evaluate(judged_cohort.path, run="train", draws=1)
    judged_cohort.runs.create("empty", {"method": "pica"})
    with pytest.raises(SonosiftError, match="left nothing to judge"):
        evaluate(judged_cohort.path, run="empty", draws=20)
    path = judged_cohort.path / "runs/train/predictions.parquet"
    pl.read_parquet(path)[:10].write_parquet(path)
    with pytest.raises(SonosiftError, match="says nothing about"):
        evaluate(judged_cohort.path, run="train", draws=20)


def test_pretraining_on_everybody_is_said_aloud(judged_cohort):
    judged_cohort.runs.create("pretrain-all", {"method": "pica", "part": "all"})
    begun = judged_cohort.runs.create("train-3", {"method": "supervised", "init": "pretrain-all", "part": "train"})
    predictions = judged_cohort.path / "runs/train/predictions.parquet"
    (begun.path / "predictions.parquet").write_bytes(predictions.read_bytes())
    assert any(
        "pretrain-all learnt from" in note for note in evaluate(judged_cohort.path, run="train-3", draws=20).notes
    )
    assert not any("learnt from" in note for note in evaluate(judged_cohort.path, run="train", draws=20).notes)


def test_a_network_is_compared_with_its_untrained_twin(judged_cohort):
    settings = {"backbone": "resnet18", "image_size": 32, "clusters": 4}
    judged_cohort.runs.create("net", {"method": "pica", "settings": settings})
    begun = judged_cohort.runs.create("train-4", {"method": "supervised", "init": "net"})
    predictions = judged_cohort.path / "runs/train/predictions.parquet"
    (begun.path / "predictions.parquet").write_bytes(predictions.read_bytes())
    evaluate(judged_cohort.path, run="train-4", draws=20, random_features=True)
    found = Evaluation.model_validate_json((begun.path / "evaluation.json").read_text())
    assert {"linear probe on random weights", "k-means on random weights"} <= {row.name for row in found.methods}
    with pytest.raises(SonosiftError, match="no network of its own"):
        evaluate(judged_cohort.path, run="train", random_features=True)


def test_a_split_by_frame_prints_its_leak(judged_cohort):
    judged_cohort.splits.make_by_frame(name="leaky", allow_patient_leak=True)
    summary = evaluate(judged_cohort.path, run="train", split="leaky", draws=20)
    assert any("more than one part" in note for note in summary.notes)


def test_probabilities_are_judged_and_a_temperature_is_heeded(judged_cohort):
    summary = evaluate(judged_cohort.path, run="train", draws=20)
    assert summary.weighted_average_precision > 0.9
    assert 0 < summary.per_exam_f1 <= 1
    run = judged_cohort.runs.get("train")
    run.finish(temperature=0.2)
    evaluate(judged_cohort.path, run="train", draws=20)
    found = Evaluation.model_validate_json((run.path / "evaluation.json").read_text()).calibration
    assert found.error == summary.calibration_error
    # The made-up scores are right but timid (about 0.2 and 0.8): a low temperature mends that.
    assert found.error_with_temperature < found.error
    assert sum(row.count for row in found.rows) == summary.frames * len(ABDOMEN.names)


def test_the_leak_is_shown_on_request_alone_and_named(judged_cohort):
    assert evaluate(judged_cohort.path, run="train", draws=20).leak is None
    summary = evaluate(judged_cohort.path, run="train", draws=20, show_leak=True)
    assert summary.leak.about == "linear probe on 32×32 pixels"
    assert "LEAK, not a result" in summary.describe()
