"""Copies of the cohorts of ``benchmarks.representations``: fewer frames of each exam, and folds for lung ultrasound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.cohort_copies import copied, evenly
from benchmarks.few_labels.grids import BLUES, SPLIT
from benchmarks.representations.cohorts import POCUS_CLASSES
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.patient_ties import tied_patients
from sonosift.evaluate.patient_folds import patient_folds

FOLDS, DEVELOPMENT_SHARE = 5, 6
_PARTS = {"train": 0.25, "validation": 0.25, "test": 0.25, "unused": 0.25}


def thinned(source: Path, target: Path, per_exam: int | None) -> Cohort:
    """Copy a cohort with at most ``per_exam`` frames of each exam, evenly spread, with labels and the split."""
    if Cohort.exists(target):
        return Cohort.open(target)
    original = Cohort.open(source)
    space = original.settings.label_space
    kept = evenly(original.catalog(), per_exam)
    labels = original.annotations.label_matrix(kept["frame_id"].to_list(), clips=kept["clip"].to_list())
    names_of = {
        kept["frame_id"][place]: space.decode(labels.matrix[place]) for place in np.flatnonzero(labels.known).tolist()
    }
    copy = copied(original, target, kept, space, names_of, "few labels")
    parts = dict(original.splits.get(SPLIT).table.iter_rows())
    pinned = {patient: parts[patient] for patient in kept["patient"].unique()}
    shares = {part: 1 / len(set(parts.values())) for part in sorted(set(parts.values()))}
    copy.splits.make(shares, name=SPLIT, pinned=pinned, tie_near_duplicates=False)
    return copy


def lung_folds(cohort: Cohort, original: Path) -> list[str]:
    """Make a split for pretraining on COVID-BLUES and one for each fold of the POCUS patients; return the folds.

    Patients whose frames look alike stay together, as the original knows them. Within a fold a sixth of the training
    patients is set apart.
    """
    catalog = cohort.catalog()
    truth = cohort.annotations.label_matrix(catalog["frame_id"].to_list()).matrix
    names = cohort.settings.label_space.names
    judged = truth[:, [names.index(name) for name in POCUS_CLASSES]]
    tied = dict(tied_patients(Cohort.open(original).catalog()).select("patient", "component").iter_rows())
    patients = np.array(catalog["patient"].to_list())
    together = np.array([str(tied[patient]) for patient in patients])
    part_of = dict(cohort.splits.get(SPLIT).table.iter_rows())
    from_pocus = np.array([part_of[patient] == "test" for patient in patients]) & (judged.sum(axis=1) == 1)
    from_blues = np.array([part_of[patient] == "train" for patient in patients])
    everyone = set(patients)
    places = np.flatnonzero(from_blues)
    apart = patient_folds(truth[places], together[places].tolist(), DEVELOPMENT_SHARE, seed=0) == 0
    _split(cohort, BLUES, everyone, validation=patients[places[apart]], train=patients[places[~apart]])
    places = np.flatnonzero(from_pocus)
    numbers = patient_folds(judged[places], together[places].tolist(), FOLDS, seed=0)
    for number in range(FOLDS):
        others = places[numbers != number]
        apart = patient_folds(judged[others], together[others].tolist(), DEVELOPMENT_SHARE, seed=number) == 0
        _split(
            cohort,
            f"fold-{number}",
            everyone,
            test=patients[places[numbers == number]],
            validation=patients[others[apart]],
            train=patients[others[~apart]],
        )
        # The judged patients choose the step: what USCL's protocol amounts to.
        judged_fold, rest = patients[places[numbers == number]], patients[others[~apart]]
        _split(cohort, f"peek-{number}", everyone, validation=judged_fold, train=rest)
    return [f"fold-{number}" for number in range(FOLDS)]


def _split(cohort: Cohort, name: str, everyone: set[str], **parts: np.ndarray) -> None:
    if name not in cohort.splits.names():
        pinned = dict.fromkeys(everyone, "unused")
        for part, patients in parts.items():
            pinned |= dict.fromkeys(patients.tolist(), part)
        cohort.splits.make(_PARTS, name=name, pinned=pinned, tie_near_duplicates=False)
