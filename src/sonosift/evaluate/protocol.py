"""The protocol of every comparison: thresholds from the validation part, figures and intervals from the test part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate import count_statistics as counted
from sonosift.evaluate.breakdown import by_exam, by_subgroup
from sonosift.evaluate.patient_bootstrap import Floats, paired_difference, sum_by_patient
from sonosift.evaluate.ranking_scores import rank_classes
from sonosift.evaluate.resampling import Resampling, figure_of, interval
from sonosift.evaluate.score_table import ClassScore, Difference, MethodScore
from sonosift.metrics.thresholds import decide, fit_thresholds, highest


@dataclass(frozen=True)
class LabelledFrames:
    """Frames with their true labels, and what they are broken down by.

    With ``one_answer`` every frame has exactly one label, and the likeliest one is the answer: no threshold is fitted.
    """

    frame_ids: list[str]
    truth: NDArray[np.uint8]
    patients: list[str]
    machines: list[str]
    transducers: list[str]
    exams: list[str]
    one_answer: bool = False

    def __len__(self) -> int:
        return len(self.frame_ids)


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
    if test.one_answer:
        return judge_answers(name, kind, about, names, test, highest(test_scores), resampling, scores=test_scores)
    thresholds = fit_thresholds(validation.truth, validation_scores)
    answers = decide(test_scores, thresholds)
    return judge_answers(name, kind, about, names, test, answers, resampling, thresholds.tolist(), test_scores)


def judge_answers(
    name: str,
    kind: Kind,
    about: str,
    names: Sequence[str],
    test: LabelledFrames,
    answers: NDArray[np.uint8],
    resampling: Resampling,
    thresholds: Sequence[float] | None = None,
    scores: Floats | None = None,
) -> Judged:
    """Judge yes/no answers ``[n, classes]`` on the test part: per class, weighted by support, per subgroup and exam.

    With the ``scores`` behind the answers their ranking is judged too.
    """
    marks = counted.answer_counts(test.truth, answers)
    counts = sum_by_patient(marks, test.patients)
    per_class = [interval(counts, figure, resampling) for figure in (counted.precision, counted.recall, counted.f1)]
    ranked = None if scores is None else rank_classes(test.truth, scores, test.patients, resampling)
    classes = [
        ClassScore(
            name=class_name,
            support=int(test.truth[:, column].sum()),
            patients=len({p for p, there in zip(test.patients, test.truth[:, column], strict=True) if there}),
            threshold=thresholds[column] if thresholds is not None else None,
            precision=figure_of(per_class[0], column),
            recall=figure_of(per_class[1], column),
            f1=figure_of(per_class[2], column),
            auroc=None if ranked is None else ranked.auroc[column],
            average_precision=None if ranked is None else ranked.average_precision[column],
        )
        for column, class_name in enumerate(names)
    ]
    score = MethodScore(
        name=name,
        kind=kind,
        about=about,
        classes=classes,
        weighted_precision=figure_of(interval(counts, counted.weighted_precision, resampling)),
        weighted_recall=figure_of(interval(counts, counted.weighted_recall, resampling)),
        weighted_f1=figure_of(interval(counts, counted.weighted_f1, resampling)),
        weighted_average_precision=None if ranked is None else ranked.weighted_average_precision,
        machines=by_subgroup(marks, test.machines, test.patients, resampling),
        transducers=by_subgroup(marks, test.transducers, test.patients, resampling),
        exams=by_exam(test.truth, answers, test.exams, test.patients, names, resampling),
    )
    return Judged(score, answers, counts)


def compare(ours: Judged, baseline: Judged, resampling: Resampling) -> Difference:
    """Interval of the difference in weighted F1, both methods on the same resampled patients."""
    difference = paired_difference(
        ours.counts, baseline.counts, counted.weighted_f1, draws=resampling.draws, seed=resampling.seed
    )
    return Difference(baseline=baseline.score.name, weighted_f1=figure_of(difference))
