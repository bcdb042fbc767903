"""The whole of an ingest: look, plan, decode in children, commit in order, count."""

from __future__ import annotations

import shutil
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sonosift.cohort.catalog import NEAR_DUPLICATES, TOMBSTONES, bury, part_paths
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.near_duplicates import update_near_duplicates
from sonosift.cohort.quarantine import Quarantine
from sonosift.cohort.sources import Source
from sonosift.cohort.writer import CohortWriter
from sonosift.errors import SonosiftError
from sonosift.ingest.clip_job import WorkerSettings
from sonosift.ingest.commit_clips import ClipCommitter
from sonosift.ingest.find_files import find_files, storable
from sonosift.ingest.look_at_archive import look_at_archive
from sonosift.ingest.plan import Plan, make_plan
from sonosift.ingest.worker_pool import WorkerPool
from sonosift.machine import progress
from sonosift.privacy.pseudonyms import Pseudonyms

HELD = "held"
_SPOOL = "spool"


@dataclass(frozen=True)
class IngestSettings:
    """How frames are made."""

    size: int = 256
    clip_rate_hz: float = 3.0
    dicom_groups: Literal["paper", "corrected"] = "paper"
    workers: int = 1


@dataclass(frozen=True)
class IngestOutcome:
    """What became of the archive's files, and what the cohort holds; see ``IngestSummary``."""

    files: int
    ingested: int
    quarantined: int
    skipped: int
    clips: int
    exams: int
    patients: int
    frames: int
    needs_review: int
    seconds: float
    frames_per_second: float
    cohort: str
    reasons: dict[str, int]
    patients_known_from: dict[str, int]


def ingest_archive(archive: Path, folder: Path, settings: IngestSettings) -> IngestOutcome:
    """Bring everything that is new in ``archive`` into the cohort at ``folder``."""
    started = time.monotonic()
    _check(archive, folder, settings)
    paths = find_files(archive)
    if not paths:
        raise SonosiftError(f"{archive} holds no files", "Give the folder that the export was written to.")
    cohort = _open_or_create(folder, settings)
    key = cohort.private.require_key(cohort.settings.key_check)
    pseudonyms = Pseudonyms(key)
    # A folder of this run's own: children of a killed run may still be writing into theirs.
    spool, held = cohort.private_path / _SPOOL / uuid.uuid4().hex, cohort.private_path / HELD
    told = WorkerSettings(key.hex(), settings.size, settings.clip_rate_hz, settings.dicom_groups, str(spool), str(held))
    committer = ClipCommitter(cohort)
    with CohortWriter(cohort, on_commit=committer.on_commit) as writer:
        shutil.rmtree(spool.parent, ignore_errors=True)
        spool.mkdir(mode=0o700, parents=True)
        held.mkdir(mode=0o700, exist_ok=True)
        with WorkerPool(told, settings.workers) as pool:
            known = {source.path: source for source in cohort.private.sources.all()}
            plan = make_plan(archive, look_at_archive(archive, paths, known, pool), known, pseudonyms)
            _bury_replaced(cohort, plan, known)
            cohort.private.sources.record(plan.refused)
            with progress.bar("ingest", len(plan.jobs), "files") as bar:
                answers = pool.run([job for _, job in plan.jobs])
                for (path, job), (_, answer) in zip(plan.jobs, answers, strict=True):
                    committer.take(path, job, answer, writer)
                    bar.advance()
                    bar.note(f"{committer.new_frames} frames")
    committer.finish()
    shutil.rmtree(spool.parent)
    sources = cohort.private.sources.all()
    Quarantine(cohort.path).replace(
        (pseudonyms.source(source.path), source.reason or "") for source in sources if source.state == "quarantined"
    )
    if _near_duplicates_are_stale(cohort):
        update_near_duplicates(cohort)
    seconds = time.monotonic() - started
    return _outcome(cohort, sources, {storable(path) for path in paths}, plan, seconds, committer.new_frames)


def _check(archive: Path, folder: Path, settings: IngestSettings) -> None:
    if folder.is_relative_to(archive) or archive.is_relative_to(folder):
        raise SonosiftError(
            f"the cohort {folder} and the archive {archive} lie one inside the other",
            "The archive is never written to: choose a folder outside it for the cohort.",
        )
    if not 0 < settings.clip_rate_hz <= 1000:
        raise SonosiftError(f"clip rate {settings.clip_rate_hz} is not a rate", "Give frames a second, such as 3.")
    if settings.workers < 1:
        raise SonosiftError(f"{settings.workers} workers cannot work", "Give 1 or more, or leave it out.")


def _open_or_create(folder: Path, settings: IngestSettings) -> Cohort:
    made_by: dict[str, bool | int | float | str | None] = {
        "clip_rate_hz": settings.clip_rate_hz,
        "dicom_groups": settings.dicom_groups,
    }
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return Cohort.create(folder, size=settings.size, preprocessing=made_by)
    cohort = Cohort.open(folder)
    present = {"size": cohort.settings.size} | cohort.settings.preprocessing
    asked = {"size": settings.size} | made_by
    differing = [
        f"{name} {present.get(name)} (asked for: {asked[name]})" for name in asked if present.get(name) != asked[name]
    ]
    if differing:
        raise SonosiftError(
            f"the cohort {folder} was made with {', '.join(differing)}",
            "Give the same settings to add to it, or choose a new folder.",
        )
    return cohort


def _bury_replaced(cohort: Cohort, plan: Plan, known: dict[str, Source]) -> None:
    """Take the frames of files that have changed out of the catalog: their new content comes in under new ids."""
    replaced = {
        known[storable(path)].clip
        for path in [*(path for path, _ in plan.jobs), *(source.path for source in plan.refused)]
        if storable(path) in known and known[storable(path)].clip is not None
    }
    if replaced:
        catalog = cohort.catalog()
        gone = catalog.filter(catalog["clip"].is_in(list(replaced)))["frame_id"].to_list()
        bury(cohort.path, gone, "source_changed")


def _near_duplicates_are_stale(cohort: Cohort) -> bool:
    """Say whether the catalog is younger than the groups, which also holds for a run killed between the two."""
    groups = cohort.path / NEAR_DUPLICATES
    written = [
        path.stat().st_mtime_ns for path in (*part_paths(cohort.path), cohort.path / TOMBSTONES) if path.exists()
    ]
    return bool(written) and (not groups.exists() or groups.stat().st_mtime_ns < max(written))


def _outcome(
    cohort: Cohort, sources: list[Source], present: set[str], plan: Plan, seconds: float, new_frames: int
) -> IngestOutcome:
    seen = [source for source in sources if source.path in present]
    states = Counter(source.state for source in seen)
    catalog = cohort.catalog()
    return IngestOutcome(
        files=len(seen),
        ingested=states["ingested"],
        quarantined=states["quarantined"],
        skipped=states["skipped"],
        clips=catalog["clip"].n_unique(),
        exams=catalog["exam"].n_unique(),
        patients=catalog["patient"].n_unique(),
        frames=len(catalog),
        needs_review=sum(source.held_frames for source in seen),
        seconds=round(seconds, 3),
        frames_per_second=round(new_frames / max(seconds, 1e-6), 2),
        cohort=str(cohort.path),
        reasons=dict(sorted(Counter(source.reason for source in seen if source.reason).items())),
        patients_known_from=dict(sorted(plan.patients_known_from.items())),
    )
