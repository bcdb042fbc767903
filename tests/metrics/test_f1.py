import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from sonosift.metrics.f1 import ClassScores, class_scores


@pytest.mark.parametrize("seed", range(4))
def test_equals_sklearn(seed):
    draw = np.random.default_rng(seed)
    truth = (draw.random((40, 7)) < 0.3).astype(np.uint8)
    decided = (draw.random((40, 7)) < 0.4).astype(np.uint8)
    truth[:, 2] = 0  # a class that never occurs
    decided[:, 3] = 0  # a class that is never claimed
    scores = class_scores(truth, decided)
    expected = precision_recall_fscore_support(truth, decided, zero_division=0)
    for mine, theirs in zip((scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True):
        np.testing.assert_allclose(mine, theirs)
    means = precision_recall_fscore_support(truth, decided, average="weighted", zero_division=0)
    assert (scores.weighted_precision, scores.weighted_recall, scores.weighted_f1) == pytest.approx(means[:3])


@pytest.mark.parametrize(
    ("row", "mean"),
    [
        ((70.71, 47.44, 60.41, 68.94, 54.08, 59.35, 68.09), 64.73),
        ((67.36, 50.05, 49.98, 64.47, 48.23, 62.74, 57.9), 60.38),
    ],
)
def test_weighted_mean_of_the_published_table(row, mean):
    support = np.array([555, 115, 315, 316, 72, 135, 58])
    values = np.array(row)
    assert ClassScores(values, values, values, support).weighted_f1 == pytest.approx(mean, abs=0.01)


def test_perfect_and_order_of_images():
    truth = np.eye(4, dtype=np.uint8)
    assert class_scores(truth, truth).weighted_f1 == 1.0
    decided = np.roll(truth, 1, axis=0) | truth
    turned = class_scores(truth[::-1], decided[::-1])
    np.testing.assert_array_equal(turned.f1, class_scores(truth, decided).f1)


def test_nothing_true_is_zero_and_fractions_are_refused():
    assert class_scores(np.zeros((3, 2), int), np.zeros((3, 2), int)).weighted_f1 == 0.0
    with pytest.raises(ValueError, match="0 and 1"):
        class_scores(np.full((3, 2), 0.5), np.zeros((3, 2), int))
    with pytest.raises(ValueError, match="differ"):
        class_scores(np.zeros((3, 2), int), np.zeros((4, 2), int))
