"""How intervals are drawn: the same resampled patients for every figure of every method."""

from __future__ import annotations

from dataclasses import dataclass

from sonosift.evaluate.patient_bootstrap import Floats, Interval, Statistic, percentile_interval
from sonosift.evaluate.score_table import Figure


@dataclass(frozen=True)
class Resampling:
    """How many resamples of the patients, and their seed."""

    draws: int = 1000
    seed: int = 0


def interval(counts: Floats, statistic: Statistic, resampling: Resampling) -> Interval:
    """Return a figure of per-patient tables with its interval."""
    return percentile_interval(counts, statistic, draws=resampling.draws, seed=resampling.seed)


def figure_of(found: Interval, column: int | None = None) -> Figure:
    """Return one figure of an interval as it is written down."""
    at = () if column is None else column
    return Figure.of(float(found.value[at]), float(found.low[at]), float(found.high[at]))
