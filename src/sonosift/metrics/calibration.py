"""Do probabilities mean what they say? Reliability of stated probabilities, and the expected calibration error."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 15


class Reliability(NamedTuple):
    """One row per bin of stated probability that holds at least one statement.

    Attributes:
        stated: mean probability that was stated.
        observed: share of these statements that came true.
        statements: how many there were.
    """

    stated: NDArray[np.float64]
    observed: NDArray[np.float64]
    statements: NDArray[np.int64]


def reliability(truth: NDArray[np.integer], probabilities: NDArray[np.floating[Any]], bins: int = BINS) -> Reliability:
    """Compare stated probabilities with what came true, in bins of equal width over 0..1.

    Args:
        truth: any shape, of 0 and 1.
        probabilities: the same shape, each the stated probability of a 1.
        bins: how many; the last one includes 1.
    """
    true, stated = _checked(truth, probabilities)
    if bins < 1:
        raise ValueError(f"bins is {bins}; there must be at least 1")
    place = np.minimum((stated * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    filled = count > 0
    sums = np.bincount(place, weights=stated, minlength=bins)[filled]
    hits = np.bincount(place, weights=true, minlength=bins)[filled]
    return Reliability(sums / count[filled], hits / count[filled], count[filled].astype(np.int64))


def expected_calibration_error(
    truth: NDArray[np.integer], probabilities: NDArray[np.floating[Any]], bins: int = BINS
) -> float:
    """Mean distance between stated and observed probability over the bins, weighted by their statements.

    0 is perfect. For several labels every frame makes one statement per label.

    >>> expected_calibration_error(np.array([1, 1, 0, 1]), np.array([0.75, 0.75, 0.75, 0.75]))
    0.0
    """
    rows = reliability(truth, probabilities, bins)
    return float((rows.statements * np.abs(rows.stated - rows.observed)).sum() / rows.statements.sum())


def tempered(
    probabilities: NDArray[np.floating[Any]], temperature: float, *, one_answer: bool = False
) -> NDArray[np.float64]:
    """Divide the logits behind probabilities by a temperature: above 1 makes them less sure of themselves.

    0 and 1 stay as they are.

    Args:
        probabilities: each on its own, or rows ``[n, C]`` that sum to 1.
        temperature: above 0.
        one_answer: they are rows of a softmax.

    >>> tempered(np.array([0.0, 0.5, 0.9, 1.0]), 2.0).round(2).tolist()
    [0.0, 0.5, 0.75, 1.0]
    >>> tempered(np.array([[0.8, 0.2, 0.0]]), 2.0, one_answer=True).round(3).tolist()
    [[0.667, 0.333, 0.0]]
    """
    if not temperature > 0:
        raise ValueError(f"a temperature is above 0, received {temperature}")
    values = np.asarray(probabilities, dtype=np.float64)
    with np.errstate(divide="ignore"):
        if one_answer:
            # The largest is 1 before the power: nothing overflows, and the sum is never 0.
            powers = (values / values.max(axis=1, keepdims=True)) ** (1 / temperature)
            return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
        logits = (np.log(values) - np.log1p(-values)) / temperature
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)


def _checked(
    truth: NDArray[np.integer], probabilities: NDArray[np.floating[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    true, stated = np.asarray(truth), np.asarray(probabilities, dtype=np.float64)
    if true.shape != stated.shape or true.size == 0:
        raise ValueError(f"truth {true.shape} and probabilities {stated.shape} must have one shape, and not be empty")
    if not np.isin(true, (0, 1)).all():
        raise ValueError("truth must be 0 or 1")
    if not ((stated >= 0) & (stated <= 1)).all():
        raise ValueError("probabilities must lie in 0..1")
    return true.ravel().astype(np.float64), stated.ravel()
