"""Scores of rankings on resampled patients, kept draw by draw, so that methods and seeds are compared in pairs.

``patient_bootstrap`` is for figures that follow from sums over patients. An average precision does not: a patient who
is drawn twice changes every rank. Here each frame has a weight, the number of times its patient was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate.patient_bootstrap import Floats, Statistic, patient_weights, resampled_sums
from sonosift.evaluate.ranking_scores import ranking
from sonosift.evaluate.resampling import Resampling


class Resampled(NamedTuple):
    """A score on all patients, and on each resample of them (the same ones for every method)."""

    value: float
    drawn: Floats

    def minus(self, other: Resampled) -> Resampled:
        """Return the difference, draw by draw."""
        return Resampled(self.value - other.value, self.drawn - other.drawn)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the ends of the percentile interval; draws without a defined score are left out."""
        tail = (1 - level) / 2
        low, high = np.nanquantile(self.drawn, [tail, 1 - tail])
        return float(low), float(high)


def mean_over_seeds(scores: Sequence[Resampled]) -> Resampled:
    """Average the scores of several trainings of one method, draw by draw."""
    if not scores:
        raise ValueError("there is no score to average")
    return Resampled(float(np.mean([one.value for one in scores])), np.mean([one.drawn for one in scores], axis=0))


def resampled_average_precision(
    truth: NDArray[np.uint8], scores: Floats, patients: Sequence[str], resampling: Resampling
) -> Resampled:
    """Resample the support-weighted average precision of ``scores [n, classes]``."""
    everyone = average_precision(truth, scores, np.ones((1, len(truth))))
    return Resampled(float(everyone[0]), average_precision(truth, scores, _frame_weights(patients, resampling)))


def resampled_share(right: NDArray[np.generic], patients: Sequence[str], resampling: Resampling) -> Resampled:
    """Resample a share of frames, such as an accuracy: ``right [n]`` is 0, 1 or something between."""
    values = np.asarray(right, dtype=np.float64)
    weights = _frame_weights(patients, resampling)
    return Resampled(float(values.mean()), weights @ values / weights.sum(axis=1))


def resampled_statistic(tables: Floats, statistic: Statistic, resampling: Resampling) -> Resampled:
    """Resample a figure that follows from sums over patients (``tables [patients, *table]``), kept draw by draw."""
    drawn = statistic(resampled_sums(tables, resampling.draws, resampling.seed))
    return Resampled(float(statistic(tables.sum(axis=0))), drawn)


def average_precision(truth: NDArray[np.uint8], scores: NDArray[np.floating[Any]], weights: Floats) -> Floats:
    """Mean over classes of the average precision, weighted by support, for many weightings of the frames at once.

    It agrees with scikit-learn's ``average_precision_score(average="weighted", sample_weight=...)``; frames of equal
    score stand at one place of the ranking.

    Args:
        truth: ``[n, classes]`` of 0 and 1.
        scores: ``[n, classes]``, higher for a likelier class.
        weights: ``[draws, n]``.

    Returns:
        ``[draws]``; NaN where no class is there.
    """
    if truth.shape != scores.shape or weights.shape[1:] != truth.shape[:1]:
        raise ValueError(f"truth {truth.shape}, scores {scores.shape} and weights {weights.shape} do not fit")
    above, support = np.zeros(len(weights)), np.zeros(len(weights))
    for column in range(truth.shape[1]):
        found = ranking(truth[:, column], np.asarray(scores[:, column], dtype=np.float64), weights)
        above += np.nan_to_num(found.average_precision) * found.support
        support += found.support
    weighted: Floats = np.divide(above, support, out=np.full(len(weights), np.nan), where=support > 0)
    return weighted


def _frame_weights(patients: Sequence[str], resampling: Resampling) -> Floats:
    names, index = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    weights: Floats = patient_weights(len(names), resampling.draws, resampling.seed)[:, index]
    return weights
