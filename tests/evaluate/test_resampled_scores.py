import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from sonosift.evaluate.patient_bootstrap import mean_of_sums, paired_difference, patient_weights, sum_by_patient
from sonosift.evaluate.resampled_scores import (
    average_precision,
    mean_over_seeds,
    resampled_average_precision,
    resampled_share,
)
from sonosift.evaluate.resampling import Resampling


def ranked(seed=0, frames=60, levels=None):
    draw = np.random.default_rng(seed)
    truth = (draw.random((frames, 3)) < [0.5, 0.2, 0.1]).astype(np.uint8)
    scores = truth + draw.standard_normal(truth.shape)
    if levels:
        scores = np.round(scores * levels) / levels  # many equal scores
    return truth, scores, [f"p{n % 12}" for n in range(frames)]


@pytest.mark.parametrize("levels", [None, 2])
def test_average_precision_is_that_of_another_library_for_every_weighting(levels):
    truth, scores, _ = ranked(levels=levels)
    weights = np.random.default_rng(1).integers(0, 4, (5, len(truth))).astype(float)
    found = average_precision(truth, scores, weights)
    theirs = [average_precision_score(truth, scores, average="weighted", sample_weight=row) for row in weights]
    assert found == pytest.approx(theirs)


def test_a_frame_of_weight_two_counts_like_two_frames():
    truth, scores, _ = ranked()
    twice = np.arange(len(truth)) % 3 == 0
    doubled = average_precision(
        np.concatenate([truth, truth[twice]]), np.concatenate([scores, scores[twice]]), np.ones((1, 80))
    )
    assert doubled == pytest.approx(average_precision(truth, scores, 1.0 + twice[None]))


def test_without_any_label_it_is_undefined_and_a_constant_reaches_the_share_of_the_class():
    truth, _, _ = ranked()
    assert np.isnan(average_precision(np.zeros_like(truth), truth.astype(float), np.ones((2, 60)))).all()
    assert average_precision(truth[:, :1], np.zeros((60, 1)), np.ones((1, 60))) == pytest.approx(truth[:, 0].mean())


def test_draws_are_those_of_whole_patients():
    truth, scores, patients = ranked()
    found = resampled_average_precision(truth, scores, patients, Resampling(20, 3))
    assert found.value == pytest.approx(average_precision_score(truth, scores, average="weighted"))
    weights = patient_weights(12, 20, 3)
    names = sorted(set(patients))
    for draw in (0, 7):
        rows = [n for n, patient in enumerate(patients) for _ in range(int(weights[draw][names.index(patient)]))]
        by_hand = average_precision_score(truth[rows], scores[rows], average="weighted")
        assert found.drawn[draw] == pytest.approx(by_hand)


def test_the_paired_difference_of_shares_is_that_of_the_sums():
    draw = np.random.default_rng(0)
    first, second = draw.random(200) < 0.8, draw.random(200) < 0.7
    patients = [f"p{n % 15}" for n in range(200)]
    ours = resampled_share(first, patients, Resampling(500, 2)).minus(
        resampled_share(second, patients, Resampling(500, 2))
    )
    tables = [sum_by_patient(np.stack([right, np.ones(200)], axis=1), patients) for right in (first, second)]
    theirs = paired_difference(*tables, mean_of_sums, draws=500, seed=2)
    assert ours.value == pytest.approx(float(theirs.value))
    assert ours.interval() == pytest.approx((float(theirs.low), float(theirs.high)))


def test_a_method_beside_itself_and_the_mean_of_equal_seeds():
    truth, scores, patients = ranked()
    one = resampled_average_precision(truth, scores, patients, Resampling(50, 0))
    assert one.minus(one).interval() == (0.0, 0.0)
    both = mean_over_seeds([one, one])
    assert (both.value, both.interval()) == (one.value, pytest.approx(one.interval()))
    with pytest.raises(ValueError, match="no score"):
        mean_over_seeds([])


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="do not fit"):
        average_precision(np.ones((3, 2), np.uint8), np.ones((3, 2)), np.ones((1, 4)))
