import math

import numpy as np
import pytest
from scipy.stats import t

from sonosift.evaluate.seeds import has_flattened, over_seeds


def test_the_interval_is_student_s():
    values = [0.61, 0.66, 0.64]
    low, high = t.interval(0.95, 2, loc=np.mean(values), scale=np.std(values, ddof=1) / math.sqrt(3))
    assert over_seeds(values) == pytest.approx((np.mean(values), low, high))


def test_one_seed_has_no_interval_and_none_no_mean():
    one = over_seeds([0.5])
    assert one.mean == 0.5
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    with pytest.raises(ValueError, match="no value"):
        over_seeds([])


def test_the_interval_moves_and_grows_with_the_values():
    found, moved = over_seeds([1.0, 2.0, 4.0]), over_seeds([21.0, 41.0, 81.0])
    assert moved == pytest.approx([20 * end + 1 for end in found])


@pytest.mark.parametrize(
    ("curve", "flat"),
    [
        (np.exp(-np.arange(50) / 6), True),
        (np.exp(-np.arange(50) / 60), False),
        (np.log(1 + np.arange(50)), False),
        (np.exp(-np.arange(9) / 2), False),  # too short to tell
        ([1.0] * 30, True),
        ([*np.exp(-np.arange(30) / 3), math.nan], False),
    ],
)
def test_a_curve_has_come_to_rest_or_not(curve, flat):
    assert has_flattened(curve) is flat


def test_resting_does_not_depend_on_scale_or_direction():
    curve = np.exp(-np.arange(40) / 12)
    assert has_flattened(curve) is has_flattened(5 - 3 * curve)
