"""Which candidate initialises the others: the best on the development patients, as Dadoun et al. choose theirs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.clusters.label_matching import match_clusters
from sonosift.metrics.f1 import class_scores
from sonosift.metrics.thresholds import decide, fit_thresholds
from sonosift.neighbours.patient_knn import knn_average_precision


def score_of_groups(groups: NDArray[np.int64], truth: NDArray[np.uint8]) -> float:
    """Weighted F1 of the development frames when their own labels name the groups (Algorithm 1).

    Args:
        groups: ``[n]``, the group of each labelled development frame.
        truth: ``[n, labels]``.
    """
    # Group numbers may have gaps; Algorithm 1 wants 0..K-1.
    _, placed = np.unique(groups, return_inverse=True)
    scores = match_clusters(placed, truth, int(placed.max()) + 1).score(placed)
    return class_scores(truth, decide(scores, fit_thresholds(truth, scores))).weighted_f1


def score_of_neighbours(features: NDArray[np.floating], truth: NDArray[np.uint8], patients: list[str]) -> float:
    """Average precision with which neighbours from other development patients predict a frame's labels."""
    return knn_average_precision(features, truth, patients)


def best_candidate(scores: list[float | None]) -> int | None:
    """Return the place of the highest score, the first on ties; None when no candidate came to its end.

    >>> best_candidate([None, 0.4, 0.6, 0.6]), best_candidate([None])
    (2, None)
    """
    there = [place for place, score in enumerate(scores) if score is not None]
    return max(there, key=lambda place: (scores[place], -place), default=None)
