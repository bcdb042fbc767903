import numpy as np
import pytest

from sonosift.clusters.group_number_sweep import sweep, sweep_numbers
from sonosift.errors import SonosiftError


def clouds(count, patients=20, each=10, seed=0):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, count, patients * each)
    rows = 6 * np.eye(count)[truth] + 0.5 * draw.standard_normal((len(truth), count))
    return rows, [f"p{n // each}" for n in range(len(truth))]


@pytest.mark.parametrize("count", [4, 6])
def test_suggests_the_number_of_separated_clouds(count):
    rows, patients = clouds(count)
    found = sweep(rows, patients, [2, 3, 4, 6, 8, 10], pairs=4)
    assert found.suggested == count
    by_k = {row.k: row for row in found.rows}
    assert by_k[count].stability == pytest.approx(1.0)
    assert by_k[10].stability < 0.95
    assert by_k[count].filled == count
    assert 0.9 < by_k[count].evenness <= 1


def test_noise_is_stable_nowhere_and_the_seed_decides():
    rows = np.random.default_rng(0).standard_normal((150, 8))
    patients = [f"p{n // 5}" for n in range(150)]
    one, again = (sweep(rows, patients, [4, 8], pairs=3, seed=2) for _ in range(2))
    assert one == again
    assert max(row.stability for row in one.rows) < 0.7


def test_two_patients_and_as_many_groups_as_frames():
    rows = np.random.default_rng(0).standard_normal((6, 3))
    found = sweep(rows, ["a"] * 3 + ["b"] * 3, [2, 6], pairs=2)
    assert [row.k for row in found.rows] == [2, 6]
    assert found.patients == 2


def test_bad_lists():
    for wanted in ("5,x", ""):
        with pytest.raises(SonosiftError, match="no list of numbers"):
            sweep_numbers(wanted, 100)
    for wanted in ("1,5", "5,200"):
        with pytest.raises(SonosiftError, match="does not fit 100 frames"):
            sweep_numbers(wanted, 100)
