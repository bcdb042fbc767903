"""What the features of a cell are worth: nearest neighbours and a linear probe, never a patient on both sides.

Phantom: both learn from all labelled frames of the training patients and are asked about the test patients (or the
validation patients, to look for reasons). Lung: both learn from four fifths of the POCUS patients and are asked about
the others, in turn; nothing was pretrained on POCUS.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.representations.cells import Cell
from benchmarks.representations.cohorts import PHANTOM, POCUS_CLASSES, SPLIT
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.patient_ties import tied_patients
from sonosift.evaluate.linear_probe import probe_scores
from sonosift.evaluate.nearest_frames import nearest_scores
from sonosift.evaluate.patient_bootstrap import Floats
from sonosift.evaluate.patient_folds import out_of_fold_scores, patient_folds
from sonosift.evaluate.pixels import shrink
from sonosift.machine import atomic
from sonosift.training.told_about_frames import dicom_tags

FOLDS = 5
KNN, PROBE = "k-NN", "probe"
PROBES = {KNN: nearest_scores, PROBE: probe_scores}


@dataclass(frozen=True)
class Exam:
    """The frames that are asked about, and the frames that probes learn from.

    Attributes:
        rows: places in the catalog of the frames that are asked about.
        truth: their labels ``[n, classes]``.
        patients: whose they are.
        training: places of the frames that probes learn from; empty where folds take turns.
        training_truth: their labels.
        fold_of: the fold of each row; empty where one split is asked once.
        names: of the classes.
    """

    rows: NDArray[np.int64]
    truth: NDArray[np.uint8]
    patients: list[str]
    training: NDArray[np.int64]
    training_truth: NDArray[np.uint8]
    fold_of: NDArray[np.int64]
    names: tuple[str, ...]

    def scores(self, features: NDArray[np.float32], probe: str) -> Floats:
        """Return ``[n, classes]`` scores of the rows."""
        if len(self.fold_of):
            return out_of_fold_scores(features[self.rows], self.truth, self.fold_of, PROBES[probe])
        learnt = features[self.training]
        return PROBES[probe](learnt, self.training_truth, features[self.rows])[0]


def exam_of(cohort: Cohort, part: str) -> Exam:
    """Say who is asked what in a cohort; ``part`` is that of the phantom's patients."""
    catalog = cohort.catalog()
    labels = cohort.annotations.label_matrix(catalog["frame_id"].to_list(), clips=catalog["clip"].to_list())
    names = cohort.settings.label_space.names
    known = np.asarray(labels.known)
    patients = catalog["patient"].to_numpy()
    part_of = dict(cohort.splits.get(SPLIT).table.iter_rows())
    parts = np.array([part_of.get(patient, "") for patient in patients])
    nothing = np.empty(0, dtype=np.int64)
    if cohort.path.name == PHANTOM:
        rows, training = (np.flatnonzero(known & (parts == wanted)) for wanted in (part, "train"))
        truth, learnt = labels.matrix[rows], labels.matrix[training]
        return Exam(rows, truth, patients[rows].tolist(), training, learnt, nothing, tuple(names))
    columns = [names.index(name) for name in POCUS_CLASSES]
    judged = known & (parts == "test") & (labels.matrix[:, columns].sum(axis=1) == 1)
    rows = np.flatnonzero(judged)
    truth = labels.matrix[rows][:, columns]
    together = _tied(catalog[rows.tolist()])
    folds = patient_folds(truth, together, FOLDS, seed=0)
    return Exam(rows, truth, patients[rows].tolist(), nothing, np.empty((0, 3), np.uint8), folds, POCUS_CLASSES)


def _tied(catalog: pl.DataFrame) -> list[str]:
    """Name for each frame the patients that its patient shares near-duplicates with."""
    component = dict(tied_patients(catalog).select("patient", "component").iter_rows())
    return [str(component[patient]) for patient in catalog["patient"]]


def scored(cell: Cell, exam: Exam, part: str) -> dict[str, Floats]:
    """Return the scores of a cell by probe, from the disk where they are there."""
    path = cell.folder / "scores" / cell.cohort / part / f"{cell.name}.npz"
    return _kept(path, lambda: cell.features(), exam)


def scored_pixels(folder: Path, cohort: Cohort, exam: Exam, part: str) -> dict[str, Floats]:
    """Return the scores of 32x32 pixels."""
    path = folder / "scores" / cohort.path.name / part / "pixels.npz"
    return _kept(path, lambda: shrink(cohort.frames.read(list(cohort.frames.frame_ids))), exam)


def scored_tags(folder: Path, cohort: Cohort, exam: Exam, part: str) -> dict[str, Floats]:
    """Return the scores of the DICOM tags by themselves: what they say about the labels."""
    path = folder / "scores" / cohort.path.name / part / "tags.npz"
    return _kept(path, lambda: dicom_tags(cohort.catalog()), exam)


def _kept(path: Path, features, exam: Exam) -> dict[str, Floats]:  # noqa: ANN001 (a function without arguments)
    if not path.exists():
        matrix = features()
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as temporary, temporary.open("wb") as handle:
            np.savez(handle, **{probe: exam.scores(matrix, probe) for probe in PROBES})
    with np.load(path) as stored:
        return {probe: stored[probe] for probe in PROBES}
