"""How well groups agree with known classes: purity, NMI, ARI, Hungarian accuracy, filled clusters (FUSC)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def contingency(assignments: NDArray[np.integer], classes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Count images per (cluster that occurs, class that occurs).

    Args:
        assignments: ``[n]`` cluster of each image, any integers.
        classes: ``[n]`` class of each image, any integers; every distinct number is a class of its own.
    """
    groups, truth = np.asarray(assignments), np.asarray(classes)
    if groups.ndim != 1 or groups.shape != truth.shape or len(groups) == 0:
        raise ValueError(f"assignments {groups.shape} and classes {truth.shape} must both be [n >= 1]")
    group_names, group_index = np.unique(groups, return_inverse=True)
    class_names, class_index = np.unique(truth, return_inverse=True)
    counts = np.zeros((len(group_names), len(class_names)), dtype=np.int64)
    np.add.at(counts, (group_index, class_index), 1)
    return counts


def purity(assignments: NDArray[np.integer], classes: NDArray[np.integer]) -> float:
    """Share of images that belong to the most common class of their cluster.

    ``CP = (1/N) sum over clusters of max over classes |cluster and class|``. More clusters give more purity: compare
    at equal K only.

    >>> purity(np.array([0, 0, 0, 1, 1]), np.array([5, 5, 7, 7, 7]))
    0.8
    """
    counts = contingency(assignments, classes)
    return float(counts.max(axis=1).sum() / counts.sum())


def normalized_mutual_information(assignments: NDArray[np.integer], classes: NDArray[np.integer]) -> float:
    """Mutual information over the arithmetic mean of the two entropies, in [0, 1]; 1 when both are constant."""
    shares = contingency(assignments, classes) / len(np.asarray(assignments))
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    mean_entropy = (_entropy(rows) + _entropy(columns)) / 2
    if mean_entropy == 0:
        return 1.0
    information = _entropy(rows) + _entropy(columns) - _entropy(shares.ravel())
    return float(min(1.0, max(0.0, information / mean_entropy)))


def adjusted_rand_index(assignments: NDArray[np.integer], classes: NDArray[np.integer]) -> float:
    """Agreement over pairs of images, corrected for chance: 1 for equal partitions, about 0 for random ones."""
    from sklearn.metrics import adjusted_rand_score

    contingency(assignments, classes)  # same input rules as the other measures
    return float(adjusted_rand_score(classes, assignments))


def hungarian_accuracy(assignments: NDArray[np.integer], classes: NDArray[np.integer]) -> float:
    """Accuracy under the best one-to-one naming of clusters by classes; clusters left over count as wrong."""
    from scipy.optimize import linear_sum_assignment

    counts = contingency(assignments, classes)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return float(counts[rows, columns].sum() / counts.sum())


def filled_clusters(assignments: NDArray[np.integer]) -> int:
    """Number of clusters with at least one image."""
    return len(np.unique(np.asarray(assignments)))


def effective_clusters(assignments: NDArray[np.integer]) -> float:
    """Perplexity of the cluster sizes: K when all are equal, 1 when one cluster holds every image."""
    _, sizes = np.unique(np.asarray(assignments), return_counts=True)
    return math.exp(_entropy(sizes / sizes.sum()))


def _entropy(shares: NDArray[np.float64]) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())
