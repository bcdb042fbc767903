import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from sonosift.evaluate.label_set_tables import group_quality, label_set_confusion
from sonosift.evaluate.protocol import LabelledFrames, compare, judge_answers, judge_scores
from sonosift.evaluate.resampling import Resampling
from sonosift.metrics.clustering import normalized_mutual_information, purity

NAMES = ["liver", "kidney", "other"]
RESAMPLING = Resampling(draws=200, seed=0)


def _frames(seed: int, frames: int = 150) -> LabelledFrames:
    rng = np.random.default_rng(seed)
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=np.uint8)[rng.choice(3, frames, p=[0.6, 0.2, 0.2])]
    patients = [f"p{n}" for n in rng.integers(0, 20, frames)]
    exams = [f"{patient}-{n}" for patient, n in zip(patients, rng.integers(0, 2, frames), strict=True)]
    machines, probes = [f"m{p[-1]}" for p in patients], [f"t{exam[-1]}" for exam in exams]
    return LabelledFrames([str(n) for n in range(frames)], truth, patients, machines, probes, exams)


def _scores(frames: LabelledFrames, noise: float, seed: int) -> np.ndarray:
    return frames.truth + np.random.default_rng(seed).normal(0, noise, frames.truth.shape)


def test_thresholds_come_from_validation_and_figures_from_test():
    validation, test = _frames(1), _frames(2)
    v, t = _scores(validation, 0.5, 1), _scores(test, 0.5, 2)
    judged = judge_scores("ours", "run", "", NAMES, validation, v, test, t, RESAMPLING)
    thresholds = []
    for column in range(3):
        cuts = np.unique(v[:, column])
        thresholds.append(max(cuts, key=lambda cut, c=column: f1_score(validation.truth[:, c], v[:, c] >= cut)))
    for row, column in zip(judged.score.classes, range(3), strict=True):
        # Any cut between two neighbouring validation scores is as good; both must accept the same validation frames.
        assert ((v[:, column] >= row.threshold) == (v[:, column] >= thresholds[column])).all()
        said = t[:, column] >= row.threshold
        true = test.truth[:, column]
        assert row.f1.value == pytest.approx(f1_score(true, said), abs=1e-6)
        assert row.precision.value == pytest.approx(precision_score(true, said), abs=1e-6)
        assert row.recall.value == pytest.approx(recall_score(true, said), abs=1e-6)
        assert row.support == true.sum()
        assert row.f1.low <= row.f1.value <= row.f1.high


def test_shuffling_test_frames_changes_nothing():
    validation, test = _frames(1), _frames(2)
    v, t = _scores(validation, 0.5, 1), _scores(test, 0.5, 2)
    order = np.random.default_rng(9).permutation(len(test))
    shuffled = LabelledFrames(
        [test.frame_ids[i] for i in order],
        test.truth[order],
        [test.patients[i] for i in order],
        [test.machines[i] for i in order],
        [test.transducers[i] for i in order],
        [test.exams[i] for i in order],
    )
    first = judge_scores("ours", "run", "", NAMES, validation, v, test, t, RESAMPLING)
    second = judge_scores("ours", "run", "", NAMES, validation, v, shuffled, t[order], RESAMPLING)
    assert first.score == second.score


@pytest.mark.parametrize("kind", ["machines", "transducers"])
def test_machines_and_transducers_are_judged_on_their_own_frames(kind):
    test = _frames(3)
    answers = (_scores(test, 0.5, 3) > 0.5).astype(np.uint8)
    judged = judge_answers("ours", "run", "", NAMES, test, answers, RESAMPLING)
    subgroups, rows = np.array(getattr(test, kind)), getattr(judged.score, kind)
    assert sum(row.frames for row in rows) == len(test)
    for row in rows:
        here = subgroups == row.name
        expected = f1_score(test.truth[here], answers[here], average="weighted", zero_division=0)
        assert row.weighted_f1.value == pytest.approx(expected, abs=1e-6)


def test_an_exam_shows_what_any_of_its_frames_shows():
    test = _frames(8)
    answers = (_scores(test, 0.5, 8) > 0.7).astype(np.uint8)
    exams = sorted(set(test.exams))
    true, said = np.zeros((len(exams), 3)), np.zeros((len(exams), 3))
    for row, exam in enumerate(test.exams):
        true[exams.index(exam)] += test.truth[row]
        said[exams.index(exam)] += answers[row]
    found = judge_answers("ours", "run", "", NAMES, test, answers, RESAMPLING).score.exams
    assert found.exams == len(exams)
    expected = f1_score(true > 0, said > 0, average="weighted", zero_division=0)
    assert found.weighted_f1.value == pytest.approx(expected, abs=1e-6)
    for column, row in enumerate(found.classes):
        assert row.recall.value == pytest.approx(recall_score(true[:, column] > 0, said[:, column] > 0), abs=1e-6)
        assert row.support == (true[:, column] > 0).sum()


def test_scores_are_ranked_and_mere_answers_are_not():
    validation, test = _frames(1), _frames(2)
    v, t = _scores(validation, 0.5, 1), _scores(test, 0.5, 2)
    judged = judge_scores("ours", "run", "", NAMES, validation, v, test, t, RESAMPLING).score
    for column, row in enumerate(judged.classes):
        assert row.auroc.value == pytest.approx(roc_auc_score(test.truth[:, column], t[:, column]), abs=1e-6)
        assert row.auroc.low < row.auroc.value < row.auroc.high
    answered = judge_answers("yes", "baseline", "", NAMES, test, test.truth, RESAMPLING).score
    assert answered.classes[0].auroc is None
    assert answered.weighted_average_precision is None


def test_difference_to_itself_is_nothing_and_to_worse_is_positive():
    test = _frames(4)
    good = judge_answers("good", "run", "", NAMES, test, test.truth, RESAMPLING)
    bad = judge_answers("bad", "baseline", "", NAMES, test, np.ones_like(test.truth), RESAMPLING)
    same = compare(good, good, RESAMPLING).weighted_f1
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert compare(good, bad, RESAMPLING).weighted_f1.low > 0


def test_a_class_without_test_frames_is_undefined_not_zero():
    test = _frames(5)
    test.truth[:, 1] = 0
    answers = test.truth.copy()
    judged = judge_answers("ours", "run", "", NAMES, test, answers, RESAMPLING)
    assert judged.score.classes[1].f1.value is None
    assert judged.score.classes[1].support == 0
    assert judged.score.weighted_f1.value == pytest.approx(1.0)


def test_group_quality_agrees_with_the_metrics():
    test = _frames(6)
    groups = np.random.default_rng(6).integers(0, 5, len(test)) * 10
    sets = np.unique(test.truth, axis=0, return_inverse=True)[1].reshape(-1)
    quality = group_quality("groups", "run", groups, 5, test, RESAMPLING)
    assert quality.groups == 5
    assert quality.purity.value == pytest.approx(purity(groups, sets), abs=1e-6)
    assert quality.nmi.value == pytest.approx(normalized_mutual_information(groups, sets), abs=1e-6)
    assert quality.majority_share <= quality.purity.value


def test_confusion_counts_every_frame_once():
    test = _frames(7)
    answers = (_scores(test, 0.6, 7) > 0.5).astype(np.uint8)
    table = label_set_confusion(test.truth, answers, NAMES, keep=2)
    counts = np.array(table.counts)
    assert counts.sum() == len(test)
    assert table.label_sets[0] == "liver"
    assert table.label_sets[-1] == "all others"
    right = ((test.truth == [1, 0, 0]).all(axis=1) & (answers == [1, 0, 0]).all(axis=1)).sum()
    assert counts[0, 0] == right
