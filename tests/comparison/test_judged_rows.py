"""Cells judged alike: against scikit-learn, in any order of patients, over folds, and in pairs."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, f1_score, recall_score

from sonosift.comparison.judged_rows import (
    CONSTANT,
    TRAINING,
    Exam,
    Row,
    best_training,
    differences,
    judge,
    judge_answers,
    paired,
    together,
)
from sonosift.errors import SonosiftError
from sonosift.evaluate.protocol import LabelledFrames
from sonosift.evaluate.resampling import Resampling
from sonosift.metrics.thresholds import decide, fit_thresholds

NAMES = ("a", "b", "c")


def frames(draw, count, patients, one_answer=False, first=0):
    truth = np.eye(3, dtype=np.uint8)[draw.integers(0, 3, count)] if one_answer else draw.integers(0, 2, (count, 3))
    owners = [f"p{first + number % patients}" for number in range(count)]
    ids = [f"f{first}-{number}" for number in range(count)]
    return LabelledFrames(ids, truth.astype(np.uint8), owners, ["m"] * count, ["t"] * count, owners, one_answer)


def answers(draw, *parts, skill=1.0):
    truth = np.concatenate([part.truth for part in parts])
    scores = skill * truth + draw.normal(size=truth.shape)
    ids = [frame_id for part in parts for frame_id in part.frame_ids]
    return pl.DataFrame({"frame_id": ids} | dict(zip(NAMES, scores.T, strict=True)))


def test_several_labels_get_thresholds_from_the_development_frames():
    draw = np.random.default_rng(0)
    exam = Exam(frames(draw, 40, 5), frames(draw, 60, 7, first=100))
    table = answers(draw, exam.development, exam.judged)
    verdict = judge(table.sample(fraction=1.0, shuffle=True, seed=1), exam, NAMES)
    scores = table.select(NAMES).to_numpy()
    said = decide(scores[40:], fit_thresholds(exam.development.truth, scores[:40]))
    row = Row("x", 1.0, TRAINING, verdicts={0: verdict})
    assert row.spread().mean == pytest.approx(f1_score(exam.judged.truth, said, average="weighted"))
    assert row.by_class()["recall"] == pytest.approx(recall_score(exam.judged.truth, said, average=None))
    assert row.support() == exam.judged.truth.sum(axis=0).tolist()
    assert verdict.patients == sorted(set(exam.judged.patients))


def test_one_label_is_answered_by_the_likeliest():
    draw = np.random.default_rng(1)
    exam = Exam(frames(draw, 30, 5, one_answer=True), frames(draw, 50, 6, one_answer=True, first=100))
    table = answers(draw, exam.development, exam.judged)
    row = Row("x", 1.0, TRAINING, verdicts={0: judge(table, exam, NAMES)})
    said = table.select(NAMES).to_numpy()[30:].argmax(axis=1)
    assert row.accuracy() == pytest.approx(accuracy_score(exam.judged.truth.argmax(axis=1), said))


def test_folds_complete_one_another():
    draw = np.random.default_rng(2)
    development, whole = frames(draw, 20, 4), frames(draw, 40, 8, first=100)
    said = draw.integers(0, 2, (40, 3)).astype(np.uint8)
    at_once = judge_answers(development.truth, said, Exam(development, whole))
    parts = []
    for number in (1, 0):
        places = [place for place, patient in enumerate(whole.patients) if int(patient[1:]) % 2 == number]
        ids, owners = ([values[place] for place in places] for values in (whole.frame_ids, whole.patients))
        part = LabelledFrames(ids, whole.truth[places], owners, ["m"] * len(ids), ["t"] * len(ids), owners)
        parts.append(judge_answers(development.truth, said[places], Exam(development, part)))
    joined = together(parts)
    assert joined.patients == at_once.patients
    assert (joined.counts == at_once.counts).all()


def test_pairs_differ_in_one_thing_and_are_signed():
    draw = np.random.default_rng(3)
    exam = Exam(frames(draw, 60, 6), frames(draw, 200, 20, first=100))
    rows = {}
    for method, init, skill in (("m", "i", 0.3), ("n", "i", 3.0), ("m", "j", 0.3), ("n", "j", 3.0)):
        verdicts = {s: judge(answers(draw, exam.development, exam.judged, skill=skill), exam, NAMES) for s in (0, 1)}
        rows[f"{method} from {init}", 1.0] = Row(f"{method} from {init}", 1.0, TRAINING, method, init, verdicts)
    yes = [np.ones_like(part.truth) for part in (exam.development, exam.judged)]
    rows["yes", 1.0] = Row("yes", 1.0, CONSTANT, verdicts={0: judge_answers(*yes, exam)})
    found = list(differences(rows, Resampling(200, 0)))
    pairs = {(one.first.name, one.second.name): one for one in found}
    assert set(pairs) == {
        ("n from i", "m from i"), ("m from j", "m from i"), ("n from j", "n from i"), ("n from j", "m from j"),
        *((name, "yes") for name in ("m from i", "n from i", "m from j", "n from j")),
    }  # fmt: skip
    assert pairs["n from i", "m from i"].what == "method"
    assert pairs["m from j", "m from i"].what == "initialisation"
    assert pairs["n from i", "m from i"].gain.interval()[0] > 0
    low, high = pairs["m from j", "m from i"].gain.interval()
    assert low < 0 < high
    assert best_training(rows).method == "n"


def test_pairs_are_taken_over_the_seeds_that_both_have():
    draw = np.random.default_rng(5)
    exam = Exam(frames(draw, 30, 3), frames(draw, 60, 6, first=100))
    verdicts = [judge(answers(draw, exam.development, exam.judged, skill=skill), exam, NAMES) for skill in (3, 2, 1, 0)]
    two = Row("two", 1.0, TRAINING, "m", "i", {0: verdicts[0], 1: verdicts[1]})
    one = Row("one", 1.0, TRAINING, "m", "j", {0: verdicts[2]})
    probe = Row("probe", 1.0, CONSTANT, verdicts={1: verdicts[3]})
    how = Resampling(50, 0)
    first_seed = Row("x", 1.0, TRAINING, verdicts={0: verdicts[0]}).resampled(how)
    assert paired(one, two, how).value == pytest.approx(one.resampled(how).value - first_seed.value)
    # A baseline with one answer for all seeds stands beside each of them.
    assert paired(two, probe, how).value == pytest.approx(two.resampled(how).value - probe.resampled(how).value)
    assert paired(one, Row("y", 1.0, TRAINING, "m", "k", {1: verdicts[1]}), how) is None


def test_a_frame_that_was_labelled_since_is_told():
    draw = np.random.default_rng(4)
    exam = Exam(frames(draw, 10, 2), frames(draw, 10, 2, first=100))
    table = answers(draw, exam.development, exam.judged)
    with pytest.raises(SonosiftError, match="1 labelled frames were not answered"):
        judge(table.filter(table["frame_id"] != "f100-3"), exam, NAMES)
