"""Clips that are in the cohort without a DICOM file: decoded again for it, while nothing enters the cohort."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sonosift.cohort.cohort import Cohort
from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import DecodeJob
from sonosift.ingest.dicom_export import DicomExport
from sonosift.ingest.dicom_export_header import ClipNames


def export_jobs(
    cohort: Cohort, archive: Path, files: Iterable[ArchiveFile], export: DicomExport
) -> list[tuple[ArchiveFile, DecodeJob]]:
    """Return a job for each clip of the archive that is in the cohort and has no file yet, in the archive's order.

    A clip that waits for a person is not in the cohort. What was exported before is found by its file, so that a
    killed run goes on with the next clip.
    """
    columns = cohort.catalog().unique("clip", keep="first").select("clip", "patient", "exam", "fan_outline")
    clips = {row["clip"]: row for row in columns.iter_rows(named=True)}
    sources = {(source.path, source.member): source for source in cohort.private.sources.all()}
    jobs = []
    for file in files:
        source = sources.get(file.key)
        # Taken out of the table: a clip has one file, wherever it lies twice.
        clip = None if source is None or source.held_frames else clips.pop(source.clip, None)
        if source is None or clip is None:
            continue
        names = ClipNames(patient=clip["patient"], exam=clip["exam"], clip=clip["clip"])
        if not export.path_of(names).exists():
            job = DecodeJob(
                path=str(archive / file.path),
                member=file.member,
                sha256=source.sha256,
                modified_ns=source.modified_ns,
                size=source.size,
                bytes=source.size,
                instance=names.clip,
                clip=names.clip,
                exam=names.exam,
                patient=names.patient,
                fan_outline=tuple(clip["fan_outline"]),
                accepted_despite=source.accepted_despite,
            )
            jobs.append((file, job))
    return jobs
