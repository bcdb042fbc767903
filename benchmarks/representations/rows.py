"""From scores to the rows of a table: means over seeds, and differences on the same resampled patients."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.representations.arms import METADATA_CLAIM
from benchmarks.representations.cells import Cell
from benchmarks.representations.cohorts import PHANTOM
from benchmarks.representations.scores import KNN, PROBE, PROBES, Exam, scored, scored_pixels, scored_tags
from sonosift.cohort.cohort import Cohort
from sonosift.evaluate.patient_bootstrap import Floats
from sonosift.evaluate.resampled_scores import (
    Resampled,
    mean_over_seeds,
    resampled_average_precision,
    resampled_share,
)
from sonosift.evaluate.resampling import Resampling
from sonosift.evaluate.seeds import FEWEST_POINTS, Spread, has_flattened, over_seeds

PIXELS, CONSTANT, TAGS_ALONE = "32×32 pixels", "commonest answer", "DICOM tags alone"


@dataclass
class Row:
    """One arm.

    Attributes:
        name: of the arm.
        scores: by probe, one entry per seed.
        beside: what its gain is taken against.
        gain: by probe, the mean over seeds of the difference to ``beside``, in pairs.
        records: the JSON of each cell.
        told: what it was told that others were not.
    """

    name: str
    scores: dict[str, list[Resampled]]
    beside: str = ""
    gain: dict[str, Resampled] = field(default_factory=dict)
    records: list[dict] = field(default_factory=list)
    told: str = ""

    def spread(self, probe: str) -> Spread:
        """Mean and interval over the seeds."""
        return over_seeds([one.value for one in self.scores[probe]])

    def mean(self, probe: str) -> Resampled:
        """Mean over the seeds, draw by draw."""
        return mean_over_seeds(self.scores[probe])

    @property
    def trained(self) -> bool:
        """Whether anything was learnt for it."""
        return any(record.get("method") for record in self.records)

    @property
    def flat(self) -> bool:
        """Whether the loss of every seed has come to rest."""
        return all(has_flattened(record["curve"]["loss"]) for record in self.records if record.get("curve"))

    @property
    def long_enough(self) -> bool:
        """Whether its curves have points enough to say whether they rest."""
        return all(len(record["curve"]["loss"]) >= FEWEST_POINTS for record in self.records if record.get("curve"))

    @property
    def beats_untrained(self) -> bool:
        """Whether its probe is better than that of the same network before this training, beyond chance of patients."""
        return PROBE in self.gain and self.gain[PROBE].interval()[0] > 0

    @property
    def verdict(self) -> str:
        """Empty for a row that may be ranked."""
        if not self.trained:
            return ""
        reasons = (
            [] if self.flat else ["its loss still moves" if self.long_enough else "too short to see its loss rest"]
        )
        if not self.beats_untrained:
            reasons.append(f"not above {self.beside}")
        return f"undertrained: {', '.join(reasons)}" if reasons else ""


def rows_of(cohort: Cohort, exam: Exam, cells: list[Cell], part: str, resampling: Resampling) -> dict[str, Row]:
    """Judge all finished cells of a cohort, and the simple baselines."""

    def judged(scores: Floats) -> Resampled:
        return _judge(cohort, exam, scores, resampling)

    pixels = scored_pixels(cells[0].folder, cohort, exam, part)
    constant = _constant_scores(exam)
    rows = {
        CONSTANT: Row(CONSTANT, {probe: [judged(constant)] for probe in PROBES}),
        PIXELS: Row(PIXELS, {probe: [judged(pixels[probe])] for probe in PROBES}),
    }
    if cohort.path.name == PHANTOM:
        tags = scored_tags(cells[0].folder, cohort, exam, part)
        rows[TAGS_ALONE] = Row(TAGS_ALONE, {probe: [judged(tags[probe])] for probe in PROBES})
    for cell in cells:
        if not cell.done:
            continue
        arm = cell.arm
        row = rows.setdefault(arm.name, Row(arm.name, {probe: [] for probe in PROBES}, arm.beside, told=arm.told))
        found = scored(cell, exam, part)
        for probe in PROBES:
            row.scores[probe].append(judged(found[probe]))
        row.records.append(cell.read())
    for row in rows.values():
        if row.beside in rows and row.beside != row.name:
            row.gain = difference(row, rows[row.beside])
    return rows


def difference(row: Row, other: Row) -> dict[str, Resampled]:
    """Return by probe how much better a row is than another, seeds averaged, on the same resampled patients."""
    return {probe: row.mean(probe).minus(other.mean(probe)) for probe in PROBES}


def metadata_claim(rows: dict[str, Row]) -> list[tuple[str, str, dict[str, Resampled]]]:
    """Return the differences that the claim about DICOM tags stands or falls with."""
    return [
        (name, beside, difference(rows[name], rows[beside]))
        for name, beside in METADATA_CLAIM
        if name in rows and beside in rows
    ]


def missing_arms(cells: list[Cell], rows: dict[str, Row]) -> list[tuple[str, str]]:
    """Return the arms that have no row, with the reason."""
    without = {cell.arm.name: cell for cell in cells if cell.arm.name not in rows}
    absent = [(name, "no weights" if cell.impossible else "not yet") for name, cell in without.items()]
    return [*absent, ("resnet18, ImageNet weights", "no weights")]


def _judge(cohort: Cohort, exam: Exam, scores: Floats, resampling: Resampling) -> Resampled:
    if cohort.path.name == PHANTOM:
        return resampled_average_precision(exam.truth, scores, exam.patients, resampling)
    right: NDArray[np.bool_] = exam.truth[np.arange(len(scores)), scores.argmax(axis=1)] == 1
    return resampled_share(right, exam.patients, resampling)


def _constant_scores(exam: Exam) -> Floats:
    """Score every class as often as it is there in training: the same for every frame."""
    if not len(exam.fold_of):
        return np.tile(exam.training_truth.mean(axis=0), (len(exam.rows), 1))
    scores = np.zeros(exam.truth.shape)
    for fold in np.unique(exam.fold_of):
        scores[exam.fold_of == fold] = exam.truth[exam.fold_of != fold].mean(axis=0)
    return scores


def best_first(rows: dict[str, Row]) -> list[Row]:
    """Order rows by their probe; rows that may not be ranked come last."""
    return sorted(rows.values(), key=lambda row: (bool(row.verdict), -_or_least(row.spread(PROBE).mean)))


def _or_least(value: float) -> float:
    return -math.inf if math.isnan(value) else value


__all__ = ["CONSTANT", "KNN", "PIXELS", "PROBE", "Row", "best_first", "metadata_claim", "missing_arms", "rows_of"]
