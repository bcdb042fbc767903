"""One decision threshold per class: the one with the best F1 on the validation images (Dadoun section 3.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fit_thresholds(
    truth: NDArray[np.integer], scores: NDArray[np.floating], fallback: float = 0.5
) -> NDArray[np.float64]:
    """Find for each class the threshold that maximises F1, an image being positive from ``score >= threshold`` on.

    Every possible cut is tried. The threshold lies halfway between the lowest accepted score and the next below it;
    of equally good cuts the one that accepts fewest images wins.

    Args:
        truth: ``[n, C]`` of 0 and 1.
        scores: ``[n, C]``, any finite numbers.
        fallback: the threshold of a class without a positive image, for which F1 says nothing.

    Returns:
        ``[C]``.
    """
    true = np.asarray(truth).astype(bool)
    values = np.asarray(scores, dtype=np.float64)
    if true.ndim != 2 or true.shape != values.shape or len(true) == 0:
        raise ValueError(f"truth {true.shape} and scores {values.shape} must both be [n >= 1, C]")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return np.array([_best_cut(true[:, c], values[:, c], fallback) for c in range(true.shape[1])], dtype=np.float64)


def decide(scores: NDArray[np.floating], thresholds: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Turn ``[n, C]`` scores into 0 and 1 with one threshold per class."""
    return (np.asarray(scores, dtype=np.float64) >= np.asarray(thresholds, dtype=np.float64)).astype(np.uint8)


def highest(scores: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Turn ``[n, C]`` scores into the one answer with the highest score; of equal ones the first.

    >>> highest(np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]])).tolist()
    [[0, 1, 0], [1, 0, 0]]
    """
    values = np.asarray(scores)
    decided = np.zeros(values.shape, dtype=np.uint8)
    decided[np.arange(len(values)), values.argmax(axis=1)] = 1
    return decided


def _best_cut(true: NDArray[np.bool_], scores: NDArray[np.float64], fallback: float) -> float:
    positives = int(true.sum())
    if positives == 0:
        return fallback
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(true[order])
    accepted = np.arange(1, len(ranked) + 1)
    # A cut may only fall where the score changes: equal scores are accepted together.
    ends = np.append(ranked[1:] != ranked[:-1], True)
    f1 = np.where(ends, 2 * hits / (accepted + positives), -1.0)
    best = int(np.argmax(f1))
    lowest = float(ranked[best])
    if best + 1 == len(ranked):
        return lowest
    below = float(ranked[best + 1])
    middle = below + (lowest - below) / 2
    # Between neighbouring floats the middle rounds onto one of them; it must not accept the lower score.
    return middle if middle > below else lowest
