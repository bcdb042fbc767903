"""One temperature for all labels: logits divided by it say what they mean (Guo et al. 2017)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BOUNDS = (-3.0, 3.0)
"""Of its logarithm: a twentieth to twenty times."""


def fit_temperature(truth: NDArray[np.integer], logits: NDArray[np.floating], *, one_answer: bool = False) -> float:
    """Return the temperature whose probabilities have the lowest log loss, held to 1/20 .. 20.

    Args:
        truth: ``[n, C]`` of 0 and 1.
        logits: ``[n, C]``.
        one_answer: every row has exactly one answer, and its logits become a softmax; otherwise each is a sigmoid.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    true, raw = np.asarray(truth, dtype=np.float64), np.asarray(logits, dtype=np.float64)
    if true.shape != raw.shape or true.size == 0:
        raise ValueError(f"truth {true.shape} and logits {raw.shape} must both be [n >= 1, C]")
    if one_answer and (true.sum(axis=1) != 1).any():
        raise ValueError("with one answer every row of truth has exactly one 1")

    def loss(log_temperature: float) -> float:
        scaled = raw / np.exp(log_temperature)
        if one_answer:
            return float((logsumexp(scaled, axis=1) - (true * scaled).sum(axis=1)).mean())
        return float((np.logaddexp(0.0, scaled) - true * scaled).mean())

    return float(np.exp(minimize_scalar(loss, bounds=_BOUNDS, method="bounded", options={"xatol": 1e-6}).x))
