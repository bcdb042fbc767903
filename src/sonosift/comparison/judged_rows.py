"""The rows of a comparison: what each arm and each simple baseline reached, seed by seed, on the same patients."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.errors import SonosiftError
from sonosift.evaluate import count_statistics as counted
from sonosift.evaluate.patient_bootstrap import Floats, sum_by_patient
from sonosift.evaluate.protocol import LabelledFrames
from sonosift.evaluate.resampled_scores import Resampled, mean_over_seeds, resampled_statistic
from sonosift.evaluate.resampling import Resampling
from sonosift.evaluate.seeds import Spread, over_seeds
from sonosift.metrics.thresholds import decide, fit_thresholds, highest

TRAINING, PROBING, CONSTANT = "training", "probe", "constant"
"""The kinds of rows."""
BASELINE = "baseline"


@dataclass(frozen=True)
class Exam:
    """Who is asked in one split: thresholds come from the development frames, figures from the judged ones."""

    development: LabelledFrames
    judged: LabelledFrames


class Verdict(NamedTuple):
    """One cell.

    Attributes:
        development_f1: weighted F1 on the development frames, whose thresholds were fitted on them.
        counts: ``[patients, labels, 3]`` hits, false alarms and misses of the judged frames.
        patients: their order.
    """

    development_f1: float
    counts: Floats
    patients: list[str]


def judge(answers: pl.DataFrame, exam: Exam, names: Sequence[str]) -> Verdict:
    """Judge the scores of one cell: one threshold per label, or the likeliest label where there is only one."""
    development, judged = (_in_order(answers, part.frame_ids, names) for part in (exam.development, exam.judged))
    if exam.judged.one_answer:
        said = highest(development), highest(judged)
    else:
        thresholds = fit_thresholds(exam.development.truth, development)
        said = decide(development, thresholds), decide(judged, thresholds)
    return judge_answers(said[0], said[1], exam)


def judge_answers(development: NDArray[np.uint8], judged: NDArray[np.uint8], exam: Exam) -> Verdict:
    """Judge answers of yes and no ``[n, labels]`` on both sides."""
    known = counted.answer_counts(exam.development.truth, development).sum(axis=0, dtype=np.float64)
    counts = sum_by_patient(counted.answer_counts(exam.judged.truth, judged), exam.judged.patients)
    patients = sorted(set(exam.judged.patients))
    return Verdict(float(counted.weighted_f1(known)), counts, patients)


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """Join the verdicts of several splits whose judged parts complete one another (folds by patient)."""
    patients = [patient for verdict in verdicts for patient in verdict.patients]
    counts = sum_by_patient(np.concatenate([verdict.counts for verdict in verdicts]), patients)
    return Verdict(float(np.mean([one.development_f1 for one in verdicts])), counts, sorted(set(patients)))


@dataclass
class Row:
    """One arm or baseline with one label fraction.

    Attributes:
        name: of the arm.
        fraction: of labels.
        kind: a training, a probe on features that stay as they are, or a constant answer.
        method: for a training, its name in the grid.
        initialisation: for a training, the first weights' name in the grid.
        verdicts: by seed.
    """

    name: str
    fraction: float
    kind: str
    method: str = ""
    initialisation: str = ""
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    @property
    def development_f1(self) -> float:
        """Mean over seeds: what choices are made by."""
        return float(np.mean([one.development_f1 for one in self.verdicts.values()]))

    def spread(self) -> Spread:
        """Mean and interval over seeds of the weighted F1."""
        return over_seeds([float(counted.weighted_f1(one.counts.sum(axis=0))) for one in self.verdicts.values()])

    def accuracy(self) -> float:
        """Mean over seeds of the support-weighted recall: where each frame has one label and one answer, accuracy."""
        return float(np.mean([counted.weighted_recall(one.counts.sum(axis=0)) for one in self.verdicts.values()]))

    def resampled(self, resampling: Resampling, seeds: Collection[int] | None = None) -> Resampled:
        """Weighted F1 on resampled patients, draw by draw, averaged over all seeds or over some."""
        chosen = [one for seed, one in self.verdicts.items() if seeds is None or seed in seeds]
        return mean_over_seeds([resampled_statistic(one.counts, counted.weighted_f1, resampling) for one in chosen])

    def by_class(self) -> dict[str, Floats]:
        """Precision, recall and F1 of every label, seeds averaged; a label never answered has precision 0."""
        sums = np.stack([one.counts.sum(axis=0) for one in self.verdicts.values()])
        figures = {"precision": counted.precision, "recall": counted.recall, "F1": counted.f1}
        there = sums[0, :, counted.HIT] + sums[0, :, counted.MISS] > 0
        return {
            name: np.where(there, np.nan_to_num(figure(sums)).mean(axis=0), np.nan) for name, figure in figures.items()
        }

    def weighted(self) -> dict[str, float]:
        """Support-weighted precision, recall and F1, seeds averaged."""
        sums = np.stack([one.counts.sum(axis=0) for one in self.verdicts.values()])
        figures = {
            "precision": counted.weighted_precision,
            "recall": counted.weighted_recall,
            "F1": counted.weighted_f1,
        }
        return {name: float(figure(sums).mean()) for name, figure in figures.items()}

    def support(self) -> list[int]:
        """Judged frames that carry each label."""
        sums = next(iter(self.verdicts.values())).counts.sum(axis=0)
        return [int(number) for number in sums[:, counted.HIT] + sums[:, counted.MISS]]


Rows = Mapping[tuple[str, float], Row]


class Difference(NamedTuple):
    """How much better one row is than another of the same label fraction, on the same resampled patients."""

    first: Row
    second: Row
    what: str
    gain: Resampled


def differences(rows: Rows, resampling: Resampling) -> Iterator[Difference]:
    """Compare trainings that differ in one thing only, the later minus the earlier, and each with every baseline."""
    order = list(rows)
    for key, row in rows.items():
        for other_key, other in rows.items():
            what = _what_differs(row, other) if row.kind == TRAINING and row.fraction == other.fraction else ""
            if what == BASELINE or (what and order.index(other_key) < order.index(key)):
                gain = paired(row, other, resampling)
                if gain is not None:
                    yield Difference(row, other, what, gain)


def paired(row: Row, other: Row, resampling: Resampling) -> Resampled | None:
    """Return how much better one row is than another over the seeds that both have; None when they share none.

    A seed is also a choice of labelled exams: means over other seeds would compare other labels. A baseline that every
    seed would answer alike has one, which stands for all.
    """
    if other.kind != TRAINING and len(other.verdicts) == 1:
        return row.resampled(resampling).minus(other.resampled(resampling))
    shared = row.verdicts.keys() & other.verdicts.keys()
    if not shared:
        return None
    return row.resampled(resampling, shared).minus(other.resampled(resampling, shared))


def _what_differs(row: Row, other: Row) -> str:
    if other.kind != TRAINING:
        return BASELINE
    if (row.method == other.method) == (row.initialisation == other.initialisation):
        return ""
    return "initialisation" if row.method == other.method else "method"


def best_training(rows: Rows) -> Row | None:
    """Return the training of the largest label fraction that is best on the development patients."""
    trained = [row for row in rows.values() if row.kind == TRAINING]
    largest = max((row.fraction for row in trained), default=0.0)
    return max((row for row in trained if row.fraction == largest), key=lambda row: row.development_f1, default=None)


def best_baseline(rows: Rows, fraction: float) -> Row | None:
    """Return the baseline of a label fraction that is best on the development patients."""
    there = [row for row in rows.values() if row.kind != TRAINING and row.fraction == fraction]
    return max(there, key=lambda row: row.development_f1, default=None)


def _in_order(answers: pl.DataFrame, frame_ids: list[str], names: Sequence[str]) -> Floats:
    wanted = pl.DataFrame({"frame_id": frame_ids}, schema={"frame_id": pl.String})
    rows = wanted.join(answers, on="frame_id", how="inner", maintain_order="left")
    if len(rows) != len(wanted):
        raise SonosiftError(
            f"{len(wanted) - len(rows)} labelled frames were not answered when the cells were computed",
            "Frames were labelled since: compare anew under another name (--name).",
        )
    return rows.select(names).to_numpy().astype(np.float64)
