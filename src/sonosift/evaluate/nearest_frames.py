"""A probe that learns nothing: an image is labelled as its nearest training images are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate.patient_bootstrap import Floats


def nearest_scores(
    training_features: NDArray[np.floating[Any]],
    training_truth: NDArray[np.uint8],
    *features: NDArray[np.floating[Any]],
    neighbours: int = 20,
) -> list[Floats]:
    """Return, for each of ``features``, how many of the nearest training frames carry every class (a share).

    Nearest by angle. The caller sees to it that no patient stands on both sides. Unlike ``knn_average_precision`` of
    the training loop, which looks among all other patients, this has a training and a test side as the probe has.

    >>> two = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> nearest_scores(two, np.array([[1, 0], [0, 1]], dtype=np.uint8), np.array([[2.0, 0.5]]), neighbours=1)[0]
    array([[1., 0.]])
    """
    if len(training_features) != len(training_truth):
        raise ValueError(f"{len(training_features)} training features but {len(training_truth)} rows of truth")
    known = _directions(training_features)
    count = min(neighbours, len(known))
    found = []
    for part in features:
        # A stable order: equal neighbours (a collapsed network has nothing else) are taken as they come.
        nearest = np.argsort(-(_directions(part) @ known.T), axis=1, kind="stable")[:, :count]
        found.append(np.asarray(training_truth[nearest].mean(axis=1), dtype=np.float64))
    return found


def _directions(features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    rows = np.asarray(features, dtype=np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), dtype=np.float32)
