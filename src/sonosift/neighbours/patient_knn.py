"""How well neighbours from other patients predict an image's labels: a quick look at an embedding's worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def knn_average_precision(
    embeddings: NDArray[np.floating], labels: NDArray[np.integer], patients: Sequence[str], neighbours: int = 20
) -> float:
    """Average precision of the neighbours' labels as a score, weighted by how common each label is.

    The neighbours of an image are the nearest ones (by angle) among the images of all *other* patients. What a random
    score would reach is the share of each label.

    Args:
        embeddings: ``[n, d]``.
        labels: ``[n, C]`` of 0 and 1.
        patients: the patient of each row, two at least.
        neighbours: how many to look at.
    """
    from sklearn.metrics import average_precision_score

    unit = np.asarray(embeddings, dtype=np.float32)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    _, patient = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    if patient.max() == 0:
        raise ValueError("neighbours are looked for among other patients: two patients are needed")
    similarity = unit @ unit.T
    similarity[patient[:, None] == patient[None, :]] = -np.inf
    count = min(neighbours, int((np.isfinite(similarity)).sum(axis=1).min()))
    nearest = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
    score = np.asarray(labels)[nearest].mean(axis=1)
    present = np.asarray(labels).sum(axis=0) > 0
    return float(average_precision_score(np.asarray(labels)[:, present], score[:, present], average="weighted"))
