"""K-means on embeddings, the same for the same seed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonosift.errors import SonosiftError
from sonosift.neighbours.checked_embeddings import checked_embeddings, unit_rows


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
    embeddings: NDArray[np.floating],
    clusters: int,
    *,
    seed: int,
    restarts: int = 20,
    iterations: int = 300,
    normalise: bool = True,
) -> KMeansGroups:
    """Group rows around ``clusters`` centres, the best of several starts.

    Args:
        embeddings: ``[n, d]``, finite.
        clusters: K, at most n.
        seed: same seed, same groups.
        restarts: independent starts.
        iterations: at most so many rounds of each.
        normalise: scale rows to length 1 first, so that distance means angle.
    """
    from sklearn.cluster import KMeans

    rows = checked_embeddings(embeddings)
    if not 1 <= clusters <= len(rows):
        raise SonosiftError(
            f"cannot make {clusters} groups of {len(rows)} frames",
            "Ask for at most as many groups as there are frames.",
        )
    if normalise:
        rows = unit_rows(rows)
    model = KMeans(n_clusters=clusters, n_init=restarts, max_iter=iterations, random_state=seed, algorithm="lloyd")
    with warnings.catch_warnings():
        # Fewer different rows than K leave groups empty; whoever counts filled groups sees it.
        warnings.filterwarnings("ignore", message="Number of distinct clusters")
        model.fit(rows)
    centres = model.cluster_centers_.astype(np.float32)
    assignments, confidence = assign_to_centres(rows, centres, normalise=False)
    return KMeansGroups(assignments, centres, confidence, inertia=float(model.inertia_))


def assign_to_centres(
    embeddings: NDArray[np.floating], centres: NDArray[np.floating], *, normalise: bool = True
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Give rows, also ones that k-means never saw, their nearest centre and the confidence in it.

    Args:
        embeddings: ``[n, d]``.
        centres: ``[K, d]``.
        normalise: as in the k-means that made the centres.
    """
    from sklearn.metrics import pairwise_distances

    rows = np.asarray(embeddings, dtype=np.float32)
    distances = pairwise_distances(unit_rows(rows) if normalise else rows, centres)
    return distances.argmin(axis=1).astype(np.int64), _margin(distances)


def _margin(distances: NDArray[np.floating]) -> NDArray[np.float32]:
    if distances.shape[1] == 1:
        return np.ones(len(distances), dtype=np.float32)
    nearest = np.partition(distances, 1, axis=1)[:, :2].astype(np.float64)
    share = nearest[:, 0] / np.maximum(nearest[:, 1], 1e-12)
    return (1.0 - np.minimum(share, 1.0)).astype(np.float32)
