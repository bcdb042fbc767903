"""The choice among candidates on the development patients."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from sonosift.comparison.chosen_weights import best_candidate, score_of_groups, score_of_neighbours


def test_groups_that_are_the_labels_are_perfect_and_numbers_do_not_matter():
    truth = np.eye(3, dtype=np.uint8)[[0, 1, 2, 0, 1, 2, 1]]
    assert score_of_groups(np.array([9, 4, 7, 9, 4, 7, 4]), truth) == 1
    # One group for all says yes to everything.
    everything = f1_score(truth, np.ones_like(truth), average="weighted")
    assert score_of_groups(np.zeros(7, dtype=np.int64), truth) == pytest.approx(everything)


def test_neighbours_of_ones_own_patient_do_not_count():
    draw = np.random.default_rng(0)
    truth = np.repeat(np.eye(2, dtype=np.uint8), 40, axis=0)
    features = truth + 0.05 * draw.normal(size=truth.shape)
    mixed = [f"p{number % 4}" for number in range(80)]
    assert score_of_neighbours(features, truth, mixed) == 1
    # Each label shown by one patient alone: all neighbours that count are wrong.
    assert score_of_neighbours(features, truth, ["p"] * 40 + ["q"] * 40) <= 0.5


def test_the_first_of_the_best():
    assert best_candidate([0.2, None, 0.5, 0.5]) == 2
    assert best_candidate([None, None]) is None
    assert best_candidate([]) is None
