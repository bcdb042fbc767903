"""Has an embedding collapsed? Its effective rank, and how far its images lie apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def effective_rank(embeddings: NDArray[np.floating]) -> float:
    """Exponential of the entropy of the normalised singular values of the centred embedding (Roy & Vetterli 2007).

    Between 1 (all variation along one line) and ``min(n - 1, d)``; 0 when all images have the same embedding.

    Args:
        embeddings: ``[n, d]``.
    """
    values = _centred(embeddings)
    strengths = np.linalg.svd(values, compute_uv=False)
    # Rounding leaves tiny singular values behind; they are no directions.
    strengths = strengths[strengths > strengths.max(initial=0.0) * max(values.shape) * np.finfo(np.float64).eps]
    if len(strengths) == 0:
        return 0.0
    shares = strengths / strengths.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def mean_spread(embeddings: NDArray[np.floating]) -> float:
    """Mean over dimensions of the standard deviation of the rows scaled to length 1.

    ``1/sqrt(d)`` for directions spread evenly, 0 after a collapse.

    Args:
        embeddings: ``[n, d]``.
    """
    values = np.asarray(embeddings, dtype=np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return float((values / np.maximum(lengths, 1e-12)).std(axis=0).mean())


def _centred(embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    values = np.asarray(embeddings, dtype=np.float64)
    if values.ndim != 2 or len(values) == 0:
        raise ValueError(f"embeddings must be [n >= 1, d], received {values.shape}")
    centred: NDArray[np.float64] = values - values.mean(axis=0)
    # Subtracting the mean of equal rows leaves rounding noise that would look like structure.
    noise = np.abs(values).max(initial=0.0) * len(values) * np.finfo(np.float64).eps
    return np.where(np.abs(centred) <= noise, 0.0, centred)
