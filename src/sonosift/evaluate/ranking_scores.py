"""How well scores rank the frames of a class above the others: AUROC and average precision, resampled by patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate.patient_bootstrap import Floats, patient_weights
from sonosift.evaluate.resampling import Resampling
from sonosift.evaluate.score_table import Figure

_NUMBERS_AT_ONCE = 4_000_000
"""Draws are taken in blocks of so many weights, which bounds the memory however many frames are judged."""


class Ranked(NamedTuple):
    """The two figures of one class under several weightings of the frames; NaN where one is undefined."""

    auroc: Floats
    average_precision: Floats
    support: Floats


class RankedClasses(NamedTuple):
    """Figures with intervals, one per class, and the mean average precision weighted by support."""

    auroc: list[Figure]
    average_precision: list[Figure]
    weighted_average_precision: Figure


def rank_classes(
    truth: NDArray[np.uint8], scores: Floats, patients: Sequence[str], resampling: Resampling
) -> RankedClasses:
    """Rank the frames of every class of ``truth`` and ``scores`` ``[n, classes]``."""
    pairs = [
        resampled_ranking(truth[:, column], scores[:, column], patients, resampling) for column in range(truth.shape[1])
    ]
    weighted = [
        _support_weighted([pair[part].average_precision for pair in pairs], [pair[part].support for pair in pairs])
        for part in range(2)
    ]
    return RankedClasses(
        [_figure(one.auroc, drawn.auroc) for one, drawn in pairs],
        [_figure(one.average_precision, drawn.average_precision) for one, drawn in pairs],
        _figure(weighted[0], weighted[1]),
    )


def ranking(truth: NDArray[np.generic], scores: Floats, weights: Floats) -> Ranked:
    """Rank the frames of one class, frames of equal score at one place.

    They agree with scikit-learn's ``roc_auc_score`` and ``average_precision_score`` with ``sample_weight``.

    Args:
        truth: ``[n]`` of 0 and 1.
        scores: ``[n]``, higher for a likelier frame.
        weights: ``[draws, n]``.
    """
    if truth.shape != scores.shape or truth.ndim != 1 or weights.shape[1:] != truth.shape:
        raise ValueError(f"truth {truth.shape}, scores {scores.shape} and weights {weights.shape} do not fit")
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last_of_equals = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    there = truth[order].astype(bool)
    ordered = weights[:, order]
    hits = np.cumsum(ordered * there, axis=1)[:, last_of_equals]
    false_alarms = np.cumsum(ordered * ~there, axis=1)[:, last_of_equals]
    new_hits = np.diff(hits, axis=1, prepend=0.0)
    new_alarms = np.diff(false_alarms, axis=1, prepend=0.0)
    answered = hits + false_alarms
    precision = np.divide(hits, answered, out=np.zeros_like(hits), where=answered > 0)
    # A frame without the class counts the hits above it whole and those of its own score half.
    beaten = (new_alarms * (hits - new_hits / 2)).sum(axis=1)
    support, rest = hits[:, -1], false_alarms[:, -1]
    return Ranked(
        _divided(beaten, support * rest),
        _divided((precision * new_hits).sum(axis=1), support),
        support,
    )


def resampled_ranking(
    truth: NDArray[np.generic], scores: Floats, patients: Sequence[str], resampling: Resampling
) -> tuple[Ranked, Ranked]:
    """Rank on all frames, and on each resample of their patients (the same ones as all other figures)."""
    everyone = ranking(truth, scores, np.ones((1, len(truth))))
    names, index = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    drawn = patient_weights(len(names), resampling.draws, resampling.seed)
    block = max(1, _NUMBERS_AT_ONCE // max(1, len(truth)))
    blocks = [ranking(truth, scores, drawn[start : start + block][:, index]) for start in range(0, len(drawn), block)]
    return everyone, Ranked(*(np.concatenate(figures) for figures in zip(*blocks, strict=True)))


def _support_weighted(figures: Sequence[Floats], supports: Sequence[Floats]) -> Floats:
    # A class without frames has support 0 and no figure.
    above = sum(np.nan_to_num(figure) * support for figure, support in zip(figures, supports, strict=True))
    return _divided(np.asarray(above), np.sum(supports, axis=0))


def _figure(value: Floats, drawn: Floats, level: float = 0.95) -> Figure:
    defined = drawn[~np.isnan(drawn)]
    if not len(defined):
        return Figure.of(float(value[0]))
    tail = (1 - level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Figure.of(float(value[0]), float(low), float(high))


def _divided(above: Floats, below: Floats) -> Floats:
    shares: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return shares
