"""How far each group lies from the others, so that one sees which are hardly apart."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonosift.neighbours.checked_embeddings import unit_rows


class Nearness(NamedTuple):
    """One group and its nearest other one.

    Attributes:
        nearest: the number of the other group.
        distance: mean of 1 - cosine between frames of the two.
        within: the same between frames of the group itself; close to ``distance`` means hardly apart.
    """

    nearest: int
    distance: float
    within: float


def group_nearness(features: NDArray[np.floating[Any]], groups: NDArray[np.integer[Any]]) -> dict[int, Nearness]:
    """Return the nearest other group of each; empty where there is one group only.

    Args:
        features: ``[n, d]``.
        groups: ``[n]``; negative ones are left out.
    """
    known = groups >= 0
    numbers, index, sizes = np.unique(groups[known], return_inverse=True, return_counts=True)
    if len(numbers) < 2:
        return {}
    sums = np.zeros((len(numbers), features.shape[1]))
    np.add.at(sums, index, unit_rows(features[known]).astype(np.float64))
    means = sums / sizes[:, None]
    apart = 1.0 - means @ means.T
    within = apart.diagonal().copy()
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    return {
        int(number): Nearness(int(numbers[nearest[place]]), float(apart[place, nearest[place]]), float(within[place]))
        for place, number in enumerate(numbers)
    }
