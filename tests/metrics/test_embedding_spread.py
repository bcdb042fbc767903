import numpy as np
import pytest

from sonosift.metrics.embedding_spread import effective_rank, mean_spread


def test_rank_of_known_shapes():
    draw = np.random.default_rng(0)
    line = np.outer(draw.standard_normal(50), draw.standard_normal(16)) + 5
    assert effective_rank(line) == pytest.approx(1.0, abs=1e-6)
    corners = np.concatenate([np.eye(8), -np.eye(8)])  # equal spread along eight axes
    assert effective_rank(corners) == pytest.approx(8.0)
    # Singular values 3 and 1: exp of the entropy of (3/4, 1/4).
    two = np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]])
    assert effective_rank(two) == pytest.approx(np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25))))


def test_turning_scaling_and_shifting_do_not_matter():
    draw = np.random.default_rng(1)
    values = draw.standard_normal((40, 6)) * [5, 3, 1, 1, 0.5, 0.1]
    turn, _ = np.linalg.qr(draw.standard_normal((6, 6)))
    assert effective_rank(7 * values @ turn + 3) == pytest.approx(effective_rank(values))


def test_collapse():
    same = np.tile(np.random.default_rng(2).standard_normal(12), (30, 1))
    assert effective_rank(same) == 0.0
    assert mean_spread(same) == pytest.approx(0.0, abs=1e-12)
    assert mean_spread(np.zeros((4, 3))) == 0.0


def test_even_directions_have_spread_one_over_root_d():
    values = np.random.default_rng(3).standard_normal((20_000, 16))
    assert mean_spread(values) == pytest.approx(1 / 4, rel=0.01)
