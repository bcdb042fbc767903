"""Where a run comes from, by which split it learnt, and whether it has met the patients that are to judge it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.cohort.splits import DEFAULT_NAME
from sonosift.errors import SonosiftError


class Met(NamedTuple):
    """A run that learnt from patients of the part that is judged.

    Attributes:
        run: its name.
        patients: how many of them it met.
        labelled: whether it was told their labels.
    """

    run: str
    patients: int
    labelled: bool


def ancestors(cohort: Cohort, run: RunFolder) -> list[RunFolder]:
    """Return the runs whose weights this one began with, the nearest first."""
    found: list[RunFolder] = []
    while True:
        parent = run.config.get("init", run.config.get("from_run"))
        if parent not in cohort.runs.names() or any(parent == one.name for one in found):
            return found
        run = cohort.runs.get(parent)
        found.append(run)


def split_of(cohort: Cohort, run: RunFolder, asked: str | None) -> str:
    """Return the split asked for; without one, that by which the run or the nearest of its ancestors learnt."""
    if asked is not None:
        return asked
    learnt_by = (one.config.get("split") for one in (run, *ancestors(cohort, run)))
    return next((str(split) for split in learnt_by if split in cohort.splits.names()), DEFAULT_NAME)


def already_met(cohort: Cohort, lineage: Sequence[RunFolder], judges: Sequence[str]) -> list[Met]:
    """Return the runs that learnt from patients who are to judge them.

    Args:
        cohort: the cohort of the runs.
        lineage: a run and its ancestors.
        judges: frames that are to be judged on.
    """
    patient_of = cohort.catalog().select("frame_id", "patient")
    judging = set(
        patient_of.join(pl.DataFrame({"frame_id": list(judges)}, schema={"frame_id": pl.String}), on="frame_id")[
            "patient"
        ]
    )
    found = []
    for run in lineage:
        told = training_frames(run.path)
        if told is not None:
            learnt = set(patient_of.join(pl.DataFrame({"frame_id": told}), on="frame_id")["patient"])
            found.append(Met(run.name, len(learnt & judging), labelled=True))
        found.append(Met(run.name, len(_patients_shown(cohort, run) & judging), labelled=False))
    return [met for met in found if met.patients]


def refuse_judges_whose_labels_it_knows(met: Sequence[Met], split: str, part: str) -> None:
    """Raise where a run, or one that it began with, learnt with the labels of patients who are to judge it."""
    for run, patients, labelled in met:
        if labelled:
            raise SonosiftError(
                f"run {run!r} learnt with the labels of {patients} patients of the {part} part of split {split!r}",
                "Leave out --split to judge by the split that it learnt by, or train a run with this split.",
            )


def training_frames(run_path: Path) -> list[str] | None:
    """Return the labelled frames that a run was given, if it says so."""
    path = run_path / "training_frames.parquet"
    return pl.read_parquet(path)["frame_id"].to_list() if path.exists() else None


def _patients_shown(cohort: Cohort, run: RunFolder) -> set[str]:
    if run.config.get("part") == "all":
        return set(cohort.catalog()["patient"])
    split = run.config.get("split")
    if split not in cohort.splits.names():
        return set()
    return set(cohort.splits.get(split).catalog(run.config.get("part", "train"))["patient"])
