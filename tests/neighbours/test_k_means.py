from itertools import product

import numpy as np
import pytest

from sonosift.errors import SonosiftError
from sonosift.neighbours.k_means import assign_to_centres, k_means


def test_finds_the_best_partition_of_a_tiny_set():
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((8, 2)).astype(np.float32)
    best = min(
        sum(
            ((rows[[s == g for s in split]] - rows[[s == g for s in split]].mean(axis=0)) ** 2).sum()
            for g in set(split)
        )
        for split in product(range(2), repeat=8)
        if len(set(split)) == 2
    )
    groups = k_means(rows, 2, seed=0, normalise=False)
    assert groups.inertia == pytest.approx(best, rel=1e-5)


def test_separated_blobs_and_their_confidence():
    draw = np.random.default_rng(1)
    truth = np.repeat(np.arange(4), 25)
    rows = 10 * np.eye(4)[truth] + 0.1 * draw.standard_normal((100, 4))
    groups = k_means(rows, 4, seed=3)
    assert len(set(zip(truth, groups.assignments, strict=True))) == 4
    assert groups.confidence.min() > 0.9
    halfway = k_means(np.array([[0.0], [10.0], [4.9], [0.1], [9.9]]), 2, seed=0, normalise=False)
    assert halfway.confidence.argmin() == 2


def test_same_seed_same_groups_and_scale_does_not_matter():
    rows = np.random.default_rng(2).standard_normal((60, 5))
    first, second = k_means(rows, 3, seed=5), k_means(rows * np.arange(1, 61)[:, None], 3, seed=5)
    np.testing.assert_array_equal(first.assignments, k_means(rows, 3, seed=5).assignments)
    np.testing.assert_array_equal(first.assignments, second.assignments)


def test_new_rows_go_to_their_nearest_centre():
    draw = np.random.default_rng(4)
    groups = k_means(draw.standard_normal((40, 3)), 4, seed=0)
    unseen = draw.standard_normal((15, 3))
    assignments, confidence = assign_to_centres(unseen, groups.centres)
    for row, mine, sure in zip(unseen, assignments, confidence, strict=True):
        distances = [np.linalg.norm(row / np.linalg.norm(row) - centre) for centre in groups.centres]
        assert mine == np.argmin(distances)
        near, next_near = sorted(distances)[:2]
        assert sure == pytest.approx(1 - near / next_near, abs=1e-5)


def test_edges():
    assert (k_means(np.ones((3, 2)), 1, seed=0).confidence == 1).all()
    with pytest.raises(SonosiftError, match="cannot make 4 groups of 3 frames"):
        k_means(np.eye(3), 4, seed=0)
    with pytest.raises(SonosiftError, match="not finite"):
        k_means(np.array([[np.nan]]), 1, seed=0)
