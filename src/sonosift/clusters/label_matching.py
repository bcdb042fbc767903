"""From clusters to labels with the few images an expert has labelled: Algorithm 1 of Dadoun et al. 2023."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LabelledClusters:
    """What the labelled images say of each cluster.

    Attributes:
        label_shares: ``[K, C]``, the share of the cluster's labelled images that carry each label; a cluster without
            labelled images has a row of zeros.
        sizes: ``[K]``, the number of labelled images in each cluster.
    """

    label_shares: NDArray[np.float64]
    sizes: NDArray[np.int64]

    def score(self, assignments: NDArray[np.integer]) -> NDArray[np.float64]:
        """Give each image the label shares of its cluster: ``[n] -> [n, C]``."""
        clusters = _checked_assignments(assignments, len(self.sizes))
        scores: NDArray[np.float64] = self.label_shares[clusters]
        return scores

    def score_mixed(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """Give each image the label shares of all clusters, weighted by its probabilities: ``[n, K] -> [n, C]``."""
        weights = np.asarray(probabilities, dtype=np.float64)
        if weights.ndim != 2 or weights.shape[1] != len(self.sizes):
            raise ValueError(f"probabilities must be [n, {len(self.sizes)}], received {weights.shape}")
        return weights @ self.label_shares


def match_clusters(assignments: NDArray[np.integer], labels: NDArray[np.integer], clusters: int) -> LabelledClusters:
    """Average the labels of the labelled images of each cluster (Algorithm 1).

    Args:
        assignments: ``[n]``, the cluster 0..K-1 of each labelled image, the argmax of its probabilities.
        labels: ``[n, C]`` of 0 and 1.
        clusters: K; clusters that no labelled image reached get a row of zeros.
    """
    groups = _checked_assignments(assignments, clusters)
    rows = np.asarray(labels, dtype=np.float64)
    if rows.ndim != 2 or len(rows) != len(groups):
        raise ValueError(f"labels must be [{len(groups)}, C], received {rows.shape}")
    sizes = np.bincount(groups, minlength=clusters).astype(np.int64)
    sums = np.zeros((clusters, rows.shape[1]), dtype=np.float64)
    np.add.at(sums, groups, rows)
    return LabelledClusters(label_shares=sums / np.maximum(sizes, 1)[:, None], sizes=sizes)


def _checked_assignments(assignments: NDArray[np.integer], clusters: int) -> NDArray[np.int64]:
    groups = np.asarray(assignments)
    if groups.ndim != 1 or not np.issubdtype(groups.dtype, np.integer):
        raise ValueError(f"assignments must be whole numbers [n], received {groups.dtype} {groups.shape}")
    if len(groups) and not (groups.min() >= 0 and groups.max() < clusters):
        raise ValueError(f"assignments must lie in 0..{clusters - 1}, received {groups.min()}..{groups.max()}")
    return groups.astype(np.int64)
