"""What several trainings of one method, alike but for their seed, say together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

FEWEST_POINTS = 10
"""A shorter curve says nothing about coming to rest."""


class Spread(NamedTuple):
    """A mean with the ends of its 95 % interval; NaN ends where one value says nothing about the spread."""

    mean: float
    low: float
    high: float


def over_seeds(values: Sequence[float], level: float = 0.95) -> Spread:
    """Mean and Student's interval of the values of several seeds.

    With three seeds the interval is 2.5 times as wide as their standard deviation on either side: it says honestly how
    little three trainings tell.

    >>> over_seeds([0.5, 0.5, 0.5])
    Spread(mean=0.5, low=0.5, high=0.5)
    """
    from scipy.stats import t

    if not values:
        raise ValueError("there is no value to average")
    count, mean = len(values), float(np.mean(values))
    if count == 1:
        return Spread(mean, math.nan, math.nan)
    half = float(t.ppf((1 + level) / 2, count - 1)) * float(np.std(values, ddof=1)) / math.sqrt(count)
    return Spread(mean, mean - half, mean + half)


def has_flattened(curve: Sequence[float], least_share: float = 0.1) -> bool:
    """Say whether a curve has come to rest: its last fifth differs little from the fifth before.

    Little is less than ``least_share`` of the way from the first fifth to the last. A curve of fewer than ten points
    says nothing and has not flattened.

    >>> has_flattened([1 / n for n in range(1, 51)]), has_flattened([50 - n for n in range(50)])
    (True, False)
    """
    values = np.asarray(curve, dtype=np.float64)
    if len(values) < FEWEST_POINTS or not np.isfinite(values).all():
        return False
    fifths = [float(part.mean()) for part in np.array_split(values, 5)]
    way = abs(fifths[-1] - fifths[0])
    return abs(fifths[-1] - fifths[-2]) <= least_share * way
