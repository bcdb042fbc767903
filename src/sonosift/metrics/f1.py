"""Precision, recall and F1 of several labels at once, and their support-weighted means (Dadoun section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassScores:
    """One entry per class; a ratio whose denominator is 0 is reported as 0."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]

    def weighted(self, values: NDArray[np.float64]) -> float:
        """Average ``values`` over the classes with their supports as weights; 0 without any positive."""
        total = int(self.support.sum())
        return float((values * self.support).sum() / total) if total else 0.0

    @property
    def weighted_precision(self) -> float:
        """Support-weighted mean of the precisions."""
        return self.weighted(self.precision)

    @property
    def weighted_recall(self) -> float:
        """Support-weighted mean of the recalls."""
        return self.weighted(self.recall)

    @property
    def weighted_f1(self) -> float:
        """Support-weighted mean of the F1 values."""
        return self.weighted(self.f1)


def class_scores(truth: NDArray[np.integer], decided: NDArray[np.integer]) -> ClassScores:
    """Score decided labels against true ones, class by class.

    Args:
        truth: ``[n, C]`` of 0 and 1.
        decided: ``[n, C]`` of 0 and 1.
    """
    true, said = _binary(truth, "truth"), _binary(decided, "decided")
    if true.shape != said.shape:
        raise ValueError(f"truth {true.shape} and decided {said.shape} differ in shape")
    hits = (true & said).sum(axis=0).astype(np.float64)
    support, claims = true.sum(axis=0), said.sum(axis=0)
    return ClassScores(
        precision=_ratio(hits, claims),
        recall=_ratio(hits, support),
        f1=_ratio(2 * hits, support + claims),
        support=support.astype(np.int64),
    )


def _ratio(above: NDArray[np.float64], below: NDArray[np.integer]) -> NDArray[np.float64]:
    quotient: NDArray[np.float64] = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return quotient


def _binary(matrix: NDArray[np.integer], name: str) -> NDArray[np.bool_]:
    values = np.asarray(matrix)
    if values.ndim != 2 or not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name} must be a matrix [n, C] of 0 and 1, received shape {values.shape}")
    return values.astype(bool)
