"""The figures of an evaluation as they stand in ``evaluation.json``."""

from __future__ import annotations

import math
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

FORMAT: Final = 2


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figure(_Record):
    """A value with the ends of its 95 % interval; None where it is undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, value: float, low: float = math.nan, high: float = math.nan) -> Figure:
        """Build a figure from floats that may be NaN."""
        return cls(value=_defined(value), low=_defined(low), high=_defined(high))


class ClassScore(_Record):
    """One class on the test part; the two figures of a ranking are None for a method that only answers yes or no."""

    name: str
    support: int
    patients: int
    threshold: float | None
    precision: Figure
    recall: Figure
    f1: Figure
    auroc: Figure | None = None
    average_precision: Figure | None = None


class SubgroupScore(_Record):
    """The weighted F1 on the frames of one machine or one transducer."""

    name: str
    frames: int
    patients: int
    weighted_f1: Figure


class ExamClassScore(_Record):
    """One class over whole exams."""

    name: str
    support: int
    precision: Figure
    recall: Figure
    f1: Figure


class ExamScores(_Record):
    """Figures over whole exams: an exam shows a label, or is answered with it, when any of its judged frames is."""

    exams: int
    classes: list[ExamClassScore]
    weighted_f1: Figure


class ReliabilityRow(_Record):
    """Statements of about the same probability: what was stated, and how often it came true."""

    stated: float
    observed: float
    count: int


class Calibration(_Record):
    """How far probabilities are from what they promise, as they are and divided by the run's temperature."""

    error: float
    temperature: float | None = None
    error_with_temperature: float | None = None
    rows: list[ReliabilityRow]

    @property
    def shown_error(self) -> float:
        """The error of the probabilities that are shown to people: those with the temperature where there is one."""
        return self.error if self.error_with_temperature is None else self.error_with_temperature


class Leak(_Record):
    """What a split by frame would have reported: the same probe on as many frames, patients on both sides."""

    about: str
    by_patient: float | None
    by_frame: float | None


class MethodScore(_Record):
    """One row of the comparison: a run of ours or a simple baseline."""

    name: str
    kind: Literal["run", "baseline"]
    about: str
    classes: list[ClassScore]
    weighted_precision: Figure
    weighted_recall: Figure
    weighted_f1: Figure
    weighted_average_precision: Figure | None = None
    machines: list[SubgroupScore] = []
    transducers: list[SubgroupScore] = []
    exams: ExamScores | None = None


class Difference(_Record):
    """How much better the run is than one baseline, on the same resampled patients."""

    baseline: str
    weighted_f1: Figure


class GroupQuality(_Record):
    """How well groups agree with label sets; the share of the commonest label set is the floor of purity."""

    name: str
    kind: Literal["run", "baseline"]
    groups: int
    purity: Figure
    majority_share: float | None
    nmi: Figure


class Confusion(_Record):
    """True label sets (rows) against answered label sets (columns), the commonest by name and the rest as one."""

    label_sets: list[str]
    counts: list[list[int]]


class Evaluation(_Record):
    """Everything that one evaluation found."""

    format: Literal[2] = FORMAT
    run: str
    split: str
    part: str
    label_names: list[str]
    frames: int
    patients: int
    fitted_frames: int
    fitted_patients: int
    training_frames: int
    draws: int
    seed: int
    methods: list[MethodScore]
    differences: list[Difference] = []
    groups: list[GroupQuality] = []
    confusion: Confusion | None = None
    calibration: Calibration | None = None
    leak: Leak | None = None
    notes: list[str] = []


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6) + 0.0  # no minus before zero
