import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_curve

from sonosift.metrics.thresholds import decide, fit_thresholds


@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([2, 5, 1000]))
@settings(max_examples=60, deadline=None)
def test_reaches_the_best_f1_of_all_cuts(seed, rows, levels):
    draw = np.random.default_rng(seed)
    truth = (draw.random((rows, 3)) < 0.4).astype(int)
    scores = draw.integers(0, levels, (rows, 3)) / levels  # few levels: many ties
    decided = decide(scores, fit_thresholds(truth, scores))
    for c in range(3):
        if truth[:, c].sum() == 0:
            continue
        precision, recall, _ = precision_recall_curve(truth[:, c], scores[:, c])
        best = (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()
        assert f1_score(truth[:, c], decided[:, c], zero_division=0) == pytest.approx(best)


def test_threshold_lies_halfway_and_survives_neighbouring_floats():
    truth = np.array([[1], [1], [0]])
    assert fit_thresholds(truth, np.array([[0.9], [0.8], [0.4]]))[0] == pytest.approx(0.6)
    close = np.array([[1.0], [1.0], [np.nextafter(1.0, 0.0)]])
    np.testing.assert_array_equal(decide(close, fit_thresholds(truth, close))[:, 0], [1, 1, 0])


def test_class_without_positive_falls_back():
    assert fit_thresholds(np.array([[0], [0]]), np.array([[0.1], [0.2]]), fallback=0.7)[0] == 0.7


def test_decisions_do_not_change_with_the_scale_of_the_scores():
    draw = np.random.default_rng(5)
    truth, scores = (draw.random((30, 2)) < 0.5).astype(int), draw.random((30, 2))
    plain = decide(scores, fit_thresholds(truth, scores))
    scaled = 8 * scores - 3
    np.testing.assert_array_equal(decide(scaled, fit_thresholds(truth, scaled)), plain)


def test_bad_input():
    with pytest.raises(ValueError, match="finite"):
        fit_thresholds(np.array([[1]]), np.array([[np.nan]]))
    with pytest.raises(ValueError, match="must both be"):
        fit_thresholds(np.zeros((0, 2)), np.zeros((0, 2)))
