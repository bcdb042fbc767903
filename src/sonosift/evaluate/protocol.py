"""The protocol of every comparison: thresholds from the validation part, figures and intervals from the test part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate import count_statistics as counted
from sonosift.evaluate.patient_bootstrap import (
    Floats,
    Interval,
    Statistic,
    paired_difference,
    percentile_interval,
    sum_by_patient,
)
from sonosift.evaluate.score_table import ClassScore, Difference, Figure, MachineScore, MethodScore
from sonosift.metrics.thresholds import decide, fit_thresholds


@dataclass(frozen=True)
class LabelledFrames:
    """Frames with their true labels, and what they are broken down by."""

    frame_ids: list[str]
    truth: NDArray[np.uint8]
    patients: list[str]
    machines: list[str]

    def __len__(self) -> int:
        return len(self.frame_ids)


@dataclass(frozen=True)
class Resampling:
    """How intervals are drawn; the same resampled patients for every method."""

    draws: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class Judged:
    """A row of the comparison, with the answers and the per-patient counts that it came from."""

    score: MethodScore
    answers: NDArray[np.uint8]
    counts: Floats


Kind = Literal["run", "baseline"]


def judge_scores(
    name: str,
    kind: Kind,
    about: str,
    names: Sequence[str],
    validation: LabelledFrames,
    validation_scores: Floats,
    test: LabelledFrames,
    test_scores: Floats,
    resampling: Resampling,
) -> Judged:
    """Fit one threshold per class on the validation part, then judge the answers on the test part."""
    thresholds = fit_thresholds(validation.truth, validation_scores)
    answers = decide(test_scores, thresholds)
    return judge_answers(name, kind, about, names, test, answers, resampling, thresholds.tolist())


def judge_answers(
    name: str,
    kind: Kind,
    about: str,
    names: Sequence[str],
    test: LabelledFrames,
    answers: NDArray[np.uint8],
    resampling: Resampling,
    thresholds: Sequence[float] | None = None,
) -> Judged:
    """Judge yes/no answers ``[n, classes]`` on the test part, per class, weighted by support, and per machine."""
    marks = counted.answer_counts(test.truth, answers)
    counts = sum_by_patient(marks, test.patients)
    total = counts.sum(axis=0)
    per_class = _interval(counts, counted.f1, resampling)
    precision, recall = counted.precision(total), counted.recall(total)
    classes = [
        ClassScore(
            name=class_name,
            support=int(test.truth[:, column].sum()),
            patients=len({p for p, there in zip(test.patients, test.truth[:, column], strict=True) if there}),
            threshold=thresholds[column] if thresholds is not None else None,
            precision=Figure.of(precision[column]).value,
            recall=Figure.of(recall[column]).value,
            f1=_figure(per_class, column),
        )
        for column, class_name in enumerate(names)
    ]
    score = MethodScore(
        name=name,
        kind=kind,
        about=about,
        classes=classes,
        weighted_precision=_figure(_interval(counts, counted.weighted_precision, resampling)),
        weighted_recall=_figure(_interval(counts, counted.weighted_recall, resampling)),
        weighted_f1=_figure(_interval(counts, counted.weighted_f1, resampling)),
        machines=_by_machine(marks, test, resampling),
    )
    return Judged(score, answers, counts)


def compare(ours: Judged, baseline: Judged, resampling: Resampling) -> Difference:
    """Interval of the difference in weighted F1, both methods on the same resampled patients."""
    interval = paired_difference(
        ours.counts, baseline.counts, counted.weighted_f1, draws=resampling.draws, seed=resampling.seed
    )
    return Difference(baseline=baseline.score.name, weighted_f1=_figure(interval))


def _by_machine(marks: NDArray[np.uint8], test: LabelledFrames, resampling: Resampling) -> list[MachineScore]:
    machines = np.asarray(test.machines, dtype=str)
    patients = np.asarray(test.patients, dtype=str)
    rows = []
    for machine in sorted(set(test.machines)):
        here = machines == machine
        counts = sum_by_patient(marks[here], patients[here].tolist())
        figure = _figure(_interval(counts, counted.weighted_f1, resampling))
        rows.append(MachineScore(machine=machine, frames=int(here.sum()), patients=len(counts), weighted_f1=figure))
    return rows


def _interval(counts: Floats, statistic: Statistic, resampling: Resampling) -> Interval:
    return percentile_interval(counts, statistic, draws=resampling.draws, seed=resampling.seed)


def _figure(interval: Interval, column: int | None = None) -> Figure:
    at = () if column is None else column
    return Figure.of(float(interval.value[at]), float(interval.low[at]), float(interval.high[at]))
