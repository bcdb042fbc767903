"""K-means on embeddings, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonosift.errors import SonosiftError


@dataclass(frozen=True)
class KMeansGroups:
    """The result of one k-means.

    Attributes:
        assignments: ``[n]``, the cluster of each row.
        centres: ``[K, d]``, in the space that was clustered (length-1 rows when ``normalise``).
        confidence: ``[n]`` in (0, 1): one minus the distance to the own centre over that to the next nearest.
        inertia: the sum of squared distances to the own centre.
    """

    assignments: NDArray[np.int64]
    centres: NDArray[np.float32]
    confidence: NDArray[np.float32]
    inertia: float


def k_means(
    embeddings: NDArray[np.floating], clusters: int, *, seed: int, restarts: int = 20, normalise: bool = True
) -> KMeansGroups:
    """Group rows around ``clusters`` centres, the best of several starts.

    Args:
        embeddings: ``[n, d]``, finite.
        clusters: K, at most n.
        seed: same seed, same groups.
        restarts: independent starts (the spec's baseline uses 20).
        normalise: scale rows to length 1 first, so that distance means angle.
    """
    from sklearn.cluster import KMeans

    rows = np.asarray(embeddings, dtype=np.float32)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ValueError(f"embeddings must be a finite matrix [n, d], received {rows.shape}")
    if not 1 <= clusters <= len(rows):
        raise SonosiftError(
            f"cannot make {clusters} groups of {len(rows)} frames",
            "Ask for at most as many groups as there are frames.",
        )
    if normalise:
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    model = KMeans(n_clusters=clusters, n_init=restarts, random_state=seed, algorithm="lloyd").fit(rows)
    distances = model.transform(rows)
    return KMeansGroups(
        assignments=model.labels_.astype(np.int64),
        centres=model.cluster_centers_.astype(np.float32),
        confidence=_margin(distances),
        inertia=float(model.inertia_),
    )


def _margin(distances: NDArray[np.floating]) -> NDArray[np.float32]:
    if distances.shape[1] == 1:
        return np.ones(len(distances), dtype=np.float32)
    nearest = np.partition(distances, 1, axis=1)[:, :2].astype(np.float64)
    share = nearest[:, 0] / np.maximum(nearest[:, 1], 1e-12)
    return (1.0 - np.minimum(share, 1.0)).astype(np.float32)
