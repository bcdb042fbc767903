"""Principal components scaled to equal spread: what DeepCluster feeds to k-means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST_SHARE = 1e-10


def whitened(rows: NDArray[np.floating], components: int) -> NDArray[np.float32]:
    """Return the first principal components of the rows, each with variance 1.

    Args:
        rows: ``[n, d]``, finite.
        components: how many to keep at most; directions without any spread are left out, so there may be fewer.

    Returns:
        ``[n, k]``, one column at least: without any spread, zeros.
    """
    values = np.asarray(rows, dtype=np.float64)
    values = values - values.mean(axis=0)
    variances, directions = np.linalg.eigh(values.T @ values / max(len(values) - 1, 1))
    order = np.argsort(variances)[::-1][:components]
    kept = order[variances[order] > _LEAST_SHARE * max(float(variances.max()), 1e-300)]
    if not len(kept) or variances[kept[0]] <= 0:
        return np.zeros((len(values), 1), dtype=np.float32)
    scaled: NDArray[np.float32] = (values @ directions[:, kept] / np.sqrt(variances[kept])).astype(np.float32)
    return scaled
