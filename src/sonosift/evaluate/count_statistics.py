"""Precision, recall, F1, purity and NMI as functions of counts, for any number of resamples at once.

They agree with the metrics of scikit-learn (see the tests); written on counts because a bootstrap adds counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate.patient_bootstrap import Floats

HIT, FALSE_ALARM, MISS = 0, 1, 2


def answer_counts(truth: NDArray[np.generic], predicted: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Mark every answer ``[n, classes]`` as hit, false alarm or miss: ``[n, classes, 3]``.

    >>> answer_counts(np.array([[1, 0, 1]]), np.array([[1, 1, 0]]))[0].tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    if truth.shape != predicted.shape:
        raise ValueError(f"truth is {truth.shape} but the predictions are {predicted.shape}")
    true, said = truth.astype(bool), predicted.astype(bool)
    return np.stack([true & said, ~true & said, true & ~said], axis=-1).astype(np.uint8)


def precision(counts: Floats) -> Floats:
    """Hits among the answers "yes"; NaN when nothing was answered "yes"."""
    return _ratio(counts[..., HIT], counts[..., HIT] + counts[..., FALSE_ALARM])


def recall(counts: Floats) -> Floats:
    """Hits among what is there; NaN when the class is not there."""
    return _ratio(counts[..., HIT], counts[..., HIT] + counts[..., MISS])


def f1(counts: Floats) -> Floats:
    """Harmonic mean of precision and recall; NaN when the class is neither there nor answered."""
    return _ratio(2 * counts[..., HIT], 2 * counts[..., HIT] + counts[..., FALSE_ALARM] + counts[..., MISS])


def weighted_precision(counts: Floats) -> Floats:
    """Mean precision over classes, weighted by support."""
    return _support_weighted(precision(counts), counts)


def weighted_recall(counts: Floats) -> Floats:
    """Mean recall over classes, weighted by support."""
    return _support_weighted(recall(counts), counts)


def weighted_f1(counts: Floats) -> Floats:
    """Mean F1 over classes, weighted by support: the headline figure of the organ task."""
    return _support_weighted(f1(counts), counts)


def purity(table: Floats) -> Floats:
    """Share of frames that carry the commonest label set of their group, from ``[..., groups, label sets]``.

    >>> float(purity(np.array([[3.0, 1.0], [0.0, 4.0]])))
    0.875
    """
    return _ratio(table.max(axis=-1).sum(axis=-1), table.sum(axis=(-1, -2)))


def majority_share(table: Floats) -> Floats:
    """Purity of one single group: the share of the commonest label set."""
    return _ratio(table.sum(axis=-2).max(axis=-1), table.sum(axis=(-1, -2)))


def normalised_mutual_information(table: Floats) -> Floats:
    """NMI of groups and label sets, normalised by the mean of the two entropies."""
    with np.errstate(invalid="ignore", divide="ignore"):
        joint = table / table.sum(axis=(-1, -2), keepdims=True)
    groups, sets = joint.sum(axis=-1), joint.sum(axis=-2)
    both = _entropy(groups, -1) + _entropy(sets, -1)
    shared = both - _entropy(joint, (-1, -2))
    # One group and one label set agree perfectly, by the same convention as scikit-learn.
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(both <= 0, 1.0, np.clip(2 * shared / both, 0.0, 1.0)), dtype=np.float64)


def _entropy(shares: Floats, axis: int | tuple[int, ...]) -> Floats:
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy: Floats = -(shares * logs).sum(axis=axis)
    return entropy


def _support_weighted(figures: Floats, counts: Floats) -> Floats:
    support = counts[..., HIT] + counts[..., MISS]
    # A class that is there but was never answered has no precision; it counts as zero.
    return _ratio((np.nan_to_num(figures) * support).sum(axis=-1), support.sum(axis=-1))


def _ratio(above: Any, below: Any) -> Floats:
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    quotient: Floats = np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below > 0)
    return quotient
