import numpy as np

from sonosift.neighbours.whitening import whitened


def test_components_are_uncorrelated_with_spread_one_and_keep_the_strongest_directions():
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((400, 5)) * [10, 5, 1, 0.1, 0.01] @ np.linalg.qr(draw.standard_normal((5, 5)))[0] + 7
    found = whitened(rows, 3)
    assert found.shape == (400, 3)
    np.testing.assert_allclose(np.cov(found.T), np.eye(3), atol=1e-4)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)
    _, _, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    strongest = np.abs(np.corrcoef(found[:, 0], (rows - rows.mean(axis=0)) @ directions[0])[0, 1])
    assert strongest > 0.9999


def test_directions_without_spread_are_left_out():
    rows = np.zeros((10, 4))
    rows[:, 1] = np.arange(10)
    assert whitened(rows, 4).shape == (10, 1)
    assert (whitened(np.ones((6, 3)), 2) == 0).all()
