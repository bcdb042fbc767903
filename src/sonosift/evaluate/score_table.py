"""The figures of an evaluation as they stand in ``evaluation.json``."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict


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
    """One class on the test part."""

    name: str
    support: int
    patients: int
    threshold: float | None
    precision: float | None
    recall: float | None
    f1: Figure


class MachineScore(_Record):
    """The weighted F1 on the frames of one machine."""

    machine: str
    frames: int
    patients: int
    weighted_f1: Figure


class MethodScore(_Record):
    """One row of the comparison: a run of ours or a simple baseline."""

    name: str
    kind: Literal["run", "baseline"]
    about: str
    classes: list[ClassScore]
    weighted_precision: Figure
    weighted_recall: Figure
    weighted_f1: Figure
    machines: list[MachineScore] = []


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

    format: Literal[1] = 1
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
    notes: list[str] = []


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6) + 0.0  # no minus before zero
