"""Which images are unlike all that the groups were formed from: by distance, at a stated rate of false alarms."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonosift.errors import SonosiftError
from sonosift.neighbours.neighbour_table import nearest_rows

NEIGHBOUR = 5
STRANGER = -1
"""The group of an image that is set apart."""


class Threshold(NamedTuple):
    """From which distance on an image is a stranger.

    Attributes:
        distance: 1 - cosine to the fifth nearest frame that the groups were formed from.
        false_alarms: share of unseen images of the same kind that lie beyond it, at most, on average.
        calibrated_on: frames of patients kept apart that it was read from.
        patients: how many patients those were.
    """

    distance: float
    false_alarms: float
    calibrated_on: int
    patients: int


def distance_to_known(queries: NDArray[np.floating[Any]], known: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return for each query 1 - cosine to its fifth nearest known row (the last one where there are fewer)."""
    _, cosines = nearest_rows(queries, known, NEIGHBOUR)
    distances: NDArray[np.float32] = 1.0 - cosines[:, -1]
    return distances


def stranger_threshold(distances: NDArray[np.floating[Any]], patients: list[str], false_alarms: float) -> Threshold:
    """Read the threshold off the distances of patients that took no part in forming the groups.

    The ``ceil((n + 1)(1 - rate))``-th smallest distance: a further image of the same kind lies beyond it with a
    probability of at most the rate. Too few frames for the rate make it infinite: nothing is set apart then.

    Args:
        distances: ``[n]`` of the frames kept apart.
        patients: the patient of each.
        false_alarms: the rate, above 0 and below 1.
    """
    if not 0 < false_alarms < 1:
        raise SonosiftError(f"false_alarms is {false_alarms}", "Use a share above 0 and below 1, such as 0.01.")
    ordered = np.sort(np.asarray(distances, dtype=np.float64))
    place = math.ceil((len(ordered) + 1) * (1 - false_alarms))
    limit = float(ordered[place - 1]) if place <= len(ordered) else math.inf
    return Threshold(limit, false_alarms, len(ordered), len(set(patients)))
