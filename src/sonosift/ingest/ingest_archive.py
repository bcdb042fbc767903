"""The whole of an ingest: look, plan, decode in children, commit in order, count."""

from __future__ import annotations

import shutil
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.archive.unreadable import Reason
from sonosift.cohort.catalog import NEAR_DUPLICATES, TOMBSTONES, bury, part_paths
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.flow import update_flow
from sonosift.cohort.forgotten import Forgotten
from sonosift.cohort.held import HeldClips, held_path_of
from sonosift.cohort.near_duplicates import update_near_duplicates
from sonosift.cohort.quarantine import Quarantine
from sonosift.cohort.sources import Source
from sonosift.cohort.uncleaned import Uncleaned, uncleaned_path_of
from sonosift.cohort.writer import CohortWriter
from sonosift.errors import SonosiftError
from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import Decoded, DecodeJob, WorkerSettings
from sonosift.ingest.commit_clips import ClipCommitter
from sonosift.ingest.fan_retry import retry_jobs, template_folder
from sonosift.ingest.find_files import find_files
from sonosift.ingest.look_at_archive import FirstLook, Known, look_at_archive
from sonosift.ingest.manifest import Manifest, read_manifest
from sonosift.ingest.manifest_labels import add_manifest_labels
from sonosift.ingest.owners import Owners
from sonosift.ingest.patient_pattern import PatientPattern
from sonosift.ingest.plan import Plan, make_plan
from sonosift.ingest.settings import (
    IngestSettings,
    check_settings,
    keep_dictionary,
    label_dictionary,
    open_or_create,
)
from sonosift.ingest.worker_pool import WorkerPool
from sonosift.machine import lock, progress
from sonosift.privacy.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from sonosift.ingest.dicom_export import DicomExport

_SPOOL = "spool"

Jobs = Sequence[tuple[ArchiveFile, DecodeJob]]


@dataclass(frozen=True)
class IngestOutcome:
    """What an ingest did; what the cohort holds now is asked of the cohort.

    Attributes:
        cohort: The cohort.
        sources: What is recorded of the files that are in the archive now.
        patients_known_from: How the patients of the newly decoded files were known.
        unmatched_paths: Newly decoded files that the user's pattern for patients does not fit.
        manifest: How the user's table and the archive agree.
        new_frames: Frames that were added.
        exported: DICOM files of clips that were in the cohort before.
        not_exported: How many of these clips got no file for which reason.
        seconds: How long it took.
    """

    cohort: Cohort
    sources: list[Source]
    patients_known_from: Counter[str]
    unmatched_paths: int
    manifest: dict[str, int]
    new_frames: int
    exported: int
    not_exported: Counter[str]
    seconds: float


def ingest_archive(archive: Path, folder: Path, settings: IngestSettings) -> IngestOutcome:
    """Bring everything that is new in ``archive`` into the cohort at ``folder``."""
    started = time.monotonic()
    check_settings(archive, folder, settings)
    pattern = PatientPattern(settings.patient_from) if settings.patient_from is not None else None
    paths = find_files(archive)
    if not paths:
        raise SonosiftError(f"{archive} holds no files", "Give the folder that the export was written to.")
    cohort = open_or_create(folder, settings)
    space = cohort.settings.label_space
    manifest = read_manifest(settings.manifest, space) if settings.manifest is not None else None
    keep_dictionary(settings, cohort)
    template_folder(cohort).read()  # one that was edited wrongly is told before anything is done
    run = _Ingest(archive, cohort, settings, manifest, pattern)
    look, plan, new_frames = run.decode_what_is_new(paths)
    exported, not_exported = run.export_what_is_missing(look)
    sources = cohort.private.sources.all()
    present = {file.key for file in look.files}
    seen = [source for source in sources if (source.path, source.member) in present]
    Quarantine(cohort.path).replace(
        (run.pseudonyms.source(_name(source)), source.reason or "")
        for source in sources
        if source.state == "quarantined"
    )
    if _near_duplicates_are_stale(cohort):
        update_near_duplicates(cohort)
    update_flow(cohort, seen)
    if manifest is not None:
        add_manifest_labels(cohort, manifest, {file.key: file.name for file in look.files}, seen)
    return IngestOutcome(
        cohort=cohort,
        sources=seen,
        patients_known_from=plan.patients_known_from,
        unmatched_paths=plan.unmatched,
        manifest={} if manifest is None else manifest.compared([file.name for file in look.files]),
        new_frames=new_frames,
        exported=exported,
        not_exported=not_exported,
        seconds=time.monotonic() - started,
    )


class _Ingest:
    """One run over one archive."""

    def __init__(
        self,
        archive: Path,
        cohort: Cohort,
        settings: IngestSettings,
        manifest: Manifest | None,
        pattern: PatientPattern | None,
    ) -> None:
        self._archive = archive
        self._cohort = cohort
        self._settings = settings
        self._manifest = manifest
        self._pattern = pattern
        self._key = cohort.private.require_key(cohort.settings.key_check)
        self.pseudonyms = Pseudonyms(self._key)
        # A folder of this run's own: children of a killed run may still be writing into theirs.
        self._spool = cohort.private_path / _SPOOL / uuid.uuid4().hex

    def decode_what_is_new(self, paths: list[str]) -> tuple[FirstLook, Plan, int]:
        """Look, plan, decode and commit; return what was seen, planned, and how many frames are new."""
        cohort, committer = self._cohort, ClipCommitter(self._cohort)
        with CohortWriter(cohort, on_commit=committer.on_commit) as writer:
            shutil.rmtree(self._spool.parent, ignore_errors=True)
            self._spool.mkdir(mode=0o700, parents=True)
            held_path_of(cohort.private_path).mkdir(mode=0o700, exist_ok=True)
            HeldClips(cohort).remove_leftovers()
            Uncleaned(uncleaned_path_of(cohort.private_path)).remove_leftovers()
            with WorkerPool(self._told(), self._settings.workers) as pool:
                look, plan = self._plan(paths, pool)
                self._decode("ingest", plan.jobs, pool, committer, writer)
        committer.finish()
        new_frames = committer.new_frames + self._try_templates(look)
        shutil.rmtree(self._spool.parent)
        return look, plan, new_frames

    def export_what_is_missing(self, look: FirstLook) -> tuple[int, Counter[str]]:
        """Write the DICOM files of clips that are in the cohort without one; return how many, and why others not."""
        export, cohort = self._export(), self._cohort
        written, refused = 0, Counter[str]()
        if export is None:
            return written, refused
        from sonosift.ingest.export_later import export_jobs

        with lock.exclusive(cohort.private.lock_path, f"{cohort.path}"):
            jobs = export_jobs(cohort, self._archive, look.files, export)
            self._spool.mkdir(mode=0o700, parents=True)
            with (
                WorkerPool(self._told(), self._settings.workers) as pool,
                progress.bar("DICOM files", len(jobs), "clips") as bar,
            ):
                for _, answer in pool.run([job for _, job in jobs]):
                    decoded = Decoded(**answer)
                    reason = decoded.reason or decoded.held_reason
                    written += reason is None
                    refused.update([] if reason is None else [reason])
                    bar.advance()
            shutil.rmtree(self._spool.parent)
        return written, refused

    def _decode(self, title: str, jobs: Jobs, pool: WorkerPool, committer: ClipCommitter, writer: CohortWriter) -> None:
        with progress.bar(title, len(jobs), "files") as bar:
            answers = pool.run([job for _, job in jobs])
            for (file, job), (_, answer) in zip(jobs, answers, strict=True):
                committer.take(file, job, answer, writer)
                bar.advance()
                bar.note(f"{committer.new_frames} frames")

    def _try_templates(self, look: FirstLook) -> int:
        """Decode again what waits only for its fan, with the fans of its machine; return how many frames came in."""
        cohort, committer = self._cohort, ClipCommitter(self._cohort)
        with CohortWriter(cohort, on_commit=committer.on_commit) as writer:
            jobs = retry_jobs(cohort, self._archive, look.files)
            if jobs:
                with WorkerPool(self._told(), self._settings.workers) as pool:
                    self._decode("fan templates", jobs, pool, committer, writer)
        committer.finish()
        waiting = {source.clip for source in cohort.private.sources.all() if source.held_frames}
        for clip in HeldClips(cohort).list():
            if clip.clip not in waiting:
                HeldClips(cohort).remove(clip.clip)
        return committer.new_frames

    def _plan(self, paths: list[str], pool: WorkerPool) -> tuple[FirstLook, Plan]:
        cohort = self._cohort
        rules = {step.title for step in cohort.settings.scope.steps}
        known = _still_valid(cohort.private.sources.all(), rules, hold_pages=self._settings.hold_pages)
        look = look_at_archive(self._archive, paths, known, pool)
        met = cohort.private.sources.numbers()
        owners = Owners(self.pseudonyms, look.looked, self._manifest, self._pattern, met)
        forgotten = Forgotten(cohort.private_path).all()
        cohort.private.sources.record_numbers((n, patient) for n, patient in owners.numbers if patient not in forgotten)
        plan = make_plan(self._archive, look, known, self.pseudonyms, owners, forgotten)
        self._take_out(plan.replaced)
        self._tidy_export(plan.replaced)
        cohort.private.sources.record(plan.judged)
        return look, plan

    def _take_out(self, replaced: Sequence[Source]) -> None:
        """Take out the frames of files that have changed: their new content comes in under new ids."""
        clips = [source.clip for source in replaced if source.clip is not None]
        if clips:
            catalog = self._cohort.catalog()
            gone = catalog.filter(catalog["clip"].is_in(clips))["frame_id"].to_list()
            bury(self._cohort.path, gone, "source_changed")
            for clip in clips:
                HeldClips(self._cohort).remove(clip)
            Uncleaned(uncleaned_path_of(self._cohort.private_path)).remove(clips)

    def _tidy_export(self, replaced: Sequence[Source]) -> None:
        """Take back the exported files of clips that have changed, and what a killed run left half written."""
        export = self._export()
        if export is None:
            return
        from sonosift.ingest.dicom_export_header import ClipNames

        export.remove_leftovers()
        for source in replaced:
            if source.clip is not None and source.patient is not None and source.exam is not None:
                export.remove(ClipNames(patient=source.patient, exam=source.exam, clip=source.clip))

    def _export(self) -> DicomExport | None:
        folder = self._settings.export_dicom
        if folder is None:
            return None
        from sonosift.ingest.dicom_export import DicomExport

        return DicomExport(folder, self.pseudonyms, self._settings.dicom_groups)

    def _told(self) -> WorkerSettings:
        cohort, settings = self._cohort, self._settings
        scope = cohort.settings.scope
        return WorkerSettings(
            key_hex=self._key.hex(),
            frame_shape=cohort.settings.frame_shape,
            clip_rate_hz=settings.clip_rate_hz,
            study_table=settings.dicom_groups,
            spool=str(self._spool),
            held=str(held_path_of(cohort.private_path)),
            fan_templates=str(template_folder(cohort).path),
            label_dictionary=label_dictionary(cohort),
            include=scope.include,
            exclude=scope.exclude,
            keep_calipers=settings.keep_calipers,
            rescale_intensity=settings.rescale_intensity,
            crop_border=settings.crop_border,
            export=None if settings.export_dicom is None else str(settings.export_dicom),
            uncleaned=str(uncleaned_path_of(cohort.private_path)) if settings.keep_uncleaned else None,
            hold_pages=settings.hold_pages,
        )


def _still_valid(sources: list[Source], rules: set[str], *, hold_pages: bool) -> Known:
    """Leave out what was skipped for a rule that no longer stands, or is now asked to be held: it is new again."""
    return {
        (source.path, source.member): source
        for source in sources
        if (source.reason != Reason.OUT_OF_SCOPE or source.rule in rules)
        and not (hold_pages and source.reason == Reason.NO_ULTRASOUND_PICTURE)
    }


def _name(source: Source) -> str:
    return f"{source.path}/{source.member}" if source.member else source.path


def _near_duplicates_are_stale(cohort: Cohort) -> bool:
    """Say whether the catalog is younger than the groups, which also holds for a run killed between the two."""
    groups = cohort.path / NEAR_DUPLICATES
    written = [
        path.stat().st_mtime_ns for path in (*part_paths(cohort.path), cohort.path / TOMBSTONES) if path.exists()
    ]
    return bool(written) and (not groups.exists() or groups.stat().st_mtime_ns < max(written))
