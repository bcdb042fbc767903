import numpy as np
import pytest

from sonosift.clusters.strangers import distance_to_known, stranger_threshold
from sonosift.errors import SonosiftError


def test_distance_is_that_to_the_fifth_nearest_by_brute_force():
    draw = np.random.default_rng(0)
    known, queries = draw.standard_normal((40, 6)), draw.standard_normal((9, 6))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, known)]
    expected = np.sort(1 - unit[0] @ unit[1].T, axis=1)[:, 4]
    np.testing.assert_allclose(distance_to_known(queries, known), expected, atol=1e-5)
    assert distance_to_known(queries, known[:2]).shape == (9,)


def test_false_alarms_keep_to_the_stated_rate_and_strangers_are_found():
    draw = np.random.default_rng(1)
    rates, found = [], []
    for _ in range(60):
        known, apart, new = (
            3 * np.eye(8)[draw.integers(0, 4, n)] + draw.standard_normal((n, 8)) for n in (200, 200, 200)
        )
        limit = stranger_threshold(distance_to_known(apart, known), [f"p{n // 10}" for n in range(200)], 0.05)
        rates.append((distance_to_known(new, known) > limit.distance).mean())
        odd = 8 * np.eye(8)[[6]] + draw.standard_normal((50, 8))
        found.append((distance_to_known(odd, known) > limit.distance).mean())
    assert np.mean(rates) == pytest.approx(0.05, abs=0.015)
    assert np.mean(found) > 0.9
    assert (limit.calibrated_on, limit.patients) == (200, 20)


def test_quantile_in_closed_form_and_its_edges():
    distances = np.arange(1, 100) / 100
    assert stranger_threshold(distances, ["p"], 0.1).distance == pytest.approx(0.90)
    assert stranger_threshold(distances[::-1], ["p"], 0.1).distance == pytest.approx(0.90)
    assert stranger_threshold(np.array([0.3]), ["p"], 0.01).distance == np.inf
    for rate in (0, 1, -2):
        with pytest.raises(SonosiftError, match="false_alarms"):
            stranger_threshold(distances, ["p"], rate)
