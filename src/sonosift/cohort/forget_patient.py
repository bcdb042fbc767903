"""Forget a patient: rewrite whatever holds one, and remember only that nobody may bring the patient back.

Killed anywhere and repeated it comes to the same end: the pseudonym is noted first and the plan second; every file is
replaced whole; the catalog, from which the plan was made, changes last but for the plan itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sonosift.cohort.annotations import FILE_NAME as LABELS
from sonosift.cohort.catalog import FOLDER, NEAR_DUPLICATES, TOMBSTONES, part_path, part_paths
from sonosift.cohort.forget_plan import ForgetPlan, all_rows, make_plan, remove_plan, unfinished
from sonosift.cohort.forget_rows import blacken, delete_from_sqlite, forget_annotations, rewrite_table
from sonosift.cohort.forget_runs import forget_in_run
from sonosift.cohort.forgotten import Forgotten
from sonosift.cohort.held import HeldClips
from sonosift.cohort.quarantine import FILE_NAME as QUARANTINE
from sonosift.cohort.uncleaned import Uncleaned, uncleaned_path_of
from sonosift.cohort.uncleaned_twin import remove_twin
from sonosift.machine import atomic, lock

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

_PICTURES = frozenset({".png", ".jpg", ".jpeg"})
_PRIVATE_FOLDERS = ("verify", "spool")


@dataclass(frozen=True)
class ForgottenPatient:
    """What was taken out of a cohort.

    Attributes:
        patient: The pseudonym.
        exams: Exams.
        clips: Clips, held ones too.
        frames: Frames, held ones too.
        runs: Runs whose models learned from the patient.
        perhaps: Runs that do not say from which frames they learned.
    """

    patient: str
    exams: int
    clips: int
    frames: int
    runs: tuple[str, ...]
    perhaps: tuple[str, ...]


def forget_patient(cohort: Cohort, patient: str) -> ForgottenPatient:
    """Take one patient out of the cohort and its private folder; interrupted forgets are brought to their end first."""
    private = cohort.private
    private.require_key(cohort.settings.key_check)
    with lock.exclusive(private.lock_path, f"{cohort.path}"):
        # Noted before anything is looked at: from here on no ingest brings the patient back.
        Forgotten(cohort.private_path).add(patient)
        others = [waiting for waiting in unfinished(cohort.private_path) if waiting != patient]
        for waiting in [*others, patient]:
            plan = make_plan(cohort, waiting)
            _forget(cohort, plan)
            remove_plan(cohort.private_path, waiting)
    return ForgottenPatient(patient, len(plan.exams), len(plan.clips), len(plan.frame_ids), plan.runs, plan.perhaps)


def _forget(cohort: Cohort, plan: ForgetPlan) -> None:
    _forget_runs(cohort, plan)
    for split in sorted((cohort.path / "splits").glob("[!.]*.parquet")):
        by_patient = "patient" in pl.read_parquet_schema(split)
        rewrite_table(split, "patient" if by_patient else "frame_id", [plan.patient] if by_patient else plan.frame_ids)
    forget_annotations(cohort.path, LABELS, cohort.settings.key_check, [*plan.frame_ids, *plan.clips])
    for name, column, gone in ((NEAR_DUPLICATES, "frame_id", plan.frame_ids), (QUARANTINE, "source", plan.quarantined)):
        if (cohort.path / name).exists():
            rewrite_table(cohort.path / name, column, gone)
    # The page of the whole cohort shows pictures of many patients: `sonosift report` draws it again.
    (cohort.path / "report.html").unlink(missing_ok=True)
    _forget_private(cohort, plan)
    _forget_frames(cohort.path, plan.patient)
    for folder in _folders(cohort.path):
        atomic.remove_leftovers(folder)


def _forget_runs(cohort: Cohort, plan: ForgetPlan) -> None:
    with ExitStack() as locks:
        for run in cohort.runs.list():
            if (run.path / "lock").exists():
                locks.enter_context(lock.exclusive(run.path / "lock", f"run {run.name}"))
            atomic.remove_leftovers(run.path)
            forget_in_run(run, plan.frame_ids, learned=run.name in plan.runs)


def _forget_private(cohort: Cohort, plan: ForgetPlan) -> None:
    held = HeldClips(cohort)
    held.remove_leftovers()
    for clip in plan.clips:
        held.remove(clip)
    Uncleaned(uncleaned_path_of(cohort.private_path)).remove(plan.clips)
    remove_twin(cohort.private_path)
    # Pages and previews show pictures of several patients; the commands that made them make them again.
    (held.path / "index.html").unlink(missing_ok=True)
    for name in _PRIVATE_FOLDERS:
        shutil.rmtree(cohort.private_path / name, ignore_errors=True)
    for preview in cohort.private_path.glob("fan_templates/**/*"):
        if preview.suffix.lower() in _PICTURES:
            preview.unlink()
    sources = cohort.private_path / "sources.sqlite"
    if sources.exists():
        cohort.private.sources.all()  # a table of an older version gets its columns
        delete_from_sqlite(sources, "sources", "clip", plan.clips)
        for table in ("sources", "patient_numbers"):
            delete_from_sqlite(sources, table, "patient", [plan.patient])


def _forget_frames(cohort_path: Path, patient: str) -> None:
    rows = all_rows(cohort_path).filter(pl.col("patient") == patient)
    blacken(cohort_path, rows.select("shard", "row"))
    # Shards of an ingest that was killed before their commit belong to nobody: the next ingest writes them anew.
    committed = len(part_paths(cohort_path))
    for shard in (cohort_path / "frames").glob("[0-9]*.npy"):
        if int(shard.stem) >= committed:
            shard.unlink()
    tombstones = cohort_path / TOMBSTONES
    if tombstones.exists():
        kept = pl.read_parquet(tombstones).join(rows, on=["shard", "row"], how="anti", maintain_order="left")
        with atomic.replacing(tombstones) as temporary:
            kept.write_parquet(temporary, compression="zstd")
    for shard_number in rows["shard"].unique().sort().to_list():
        rewrite_table(part_path(cohort_path, shard_number), "patient", [patient])


def _folders(cohort_path: Path) -> Iterator[Path]:
    yield from (cohort_path, cohort_path / "frames", cohort_path / FOLDER, cohort_path / "splits")
