"""Percentile intervals that resample patients, never frames: frames of one patient are not independent.

Every figure we report is a function of tables that add up over patients (counts of hits, sums of a value,
contingency tables of groups and labels). So a resample is a weighted sum of one table per patient, and all
draws together are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonosift.errors import SonosiftError

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Turns summed tables ``[..., *table]`` into figures ``[..., *figures]``; undefined figures are NaN."""


class Interval(NamedTuple):
    """A figure on the whole sample with the ends of its percentile interval."""

    value: Floats
    low: Floats
    high: Floats


def sum_by_patient(rows: NDArray[np.generic], patients: Sequence[str]) -> Floats:
    """Add up ``rows [n, *table]`` within each patient, patients in sorted order.

    >>> sum_by_patient(np.array([1.0, 2.0, 4.0]), ["b", "a", "b"])
    array([2., 5.])
    """
    if len(rows) != len(patients):
        raise ValueError(f"{len(rows)} rows but {len(patients)} patients")
    names, index = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    sums = np.zeros((len(names), *rows.shape[1:]), dtype=np.float64)
    np.add.at(sums, index, rows)
    return sums


def patient_weights(patients: int, draws: int, seed: int) -> Floats:
    """Say how often each patient was drawn (with replacement) in each of ``draws`` resamples."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(patients, np.full(patients, 1 / patients), size=draws).astype(np.float64)


def percentile_interval(
    tables: Floats, statistic: Statistic, *, draws: int = 1000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Interval of ``statistic`` of the patients' summed ``tables [patients, *table]``.

    Resamples in which the figure is undefined (a class that was not drawn) are left out of its percentiles.
    """
    _check(tables, level)
    sampled = statistic(resampled_sums(tables, draws, seed))
    return _ends(statistic(tables.sum(axis=0)), sampled, level)


def centred_interval(
    tables: Floats, statistic: Statistic, *, draws: int = 1000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Return the same for a figure of agreement, at most 1, which grows when there is less to agree on.

    A resample holds some two thirds of the patients, so that purity and mutual information are higher in nearly all of
    them than in the whole sample: plain percentiles can leave the figure itself outside its own interval. Here the
    resamples say how widely it varies, and the figure itself says where.
    """
    _check(tables, level)
    value, sampled = statistic(tables.sum(axis=0)), statistic(resampled_sums(tables, draws, seed))
    return _ends(value, np.minimum(sampled - _mean_of_defined(sampled) + value, 1.0), level)


def paired_difference(
    first: Floats, second: Floats, statistic: Statistic, *, draws: int = 1000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Interval of ``statistic(first) - statistic(second)``, both on the same resampled patients."""
    if len(first) != len(second):
        raise ValueError(f"pairs need the same patients: {len(first)} and {len(second)}")
    _check(first, level)
    sampled = statistic(resampled_sums(first, draws, seed)) - statistic(resampled_sums(second, draws, seed))
    return _ends(statistic(first.sum(axis=0)) - statistic(second.sum(axis=0)), sampled, level)


def mean_of_sums(sums: Floats) -> Floats:
    """Mean from tables whose last axis holds (sum, count).

    >>> float(mean_of_sums(np.array([6.0, 4.0])))
    1.5
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = sums[..., 0] / sums[..., 1]
    return mean


def resampled_sums(tables: Floats, draws: int, seed: int) -> Floats:
    """Add up the patients of each resample: ``[patients, *table] -> [draws, *table]``."""
    weights = patient_weights(len(tables), draws, seed)
    flat = weights @ tables.reshape(len(tables), -1)
    return flat.reshape(draws, *tables.shape[1:])


def _mean_of_defined(sampled: Floats) -> Floats:
    count = (~np.isnan(sampled)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nansum(sampled, axis=0) / count, dtype=np.float64)


def _ends(value: Floats, sampled: Floats, level: float) -> Interval:
    tail = (1 - level) / 2
    value = np.asarray(value, dtype=np.float64)
    low, high = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    defined = ~np.isnan(sampled).all(axis=0)
    if defined.any():
        # nanquantile warns on columns that hold nothing; they stay undefined.
        ends = np.nanquantile(sampled[:, defined], [tail, 1 - tail], axis=0)
        low[defined], high[defined] = ends
    return Interval(value, low, high)


def _check(tables: Floats, level: float) -> None:
    if len(tables) == 0:
        raise SonosiftError("there is no patient to take an interval over", "The chosen part of the split is empty.")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
