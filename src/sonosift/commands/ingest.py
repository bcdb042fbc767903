"""``sonosift ingest``: an archive becomes a cohort without identity."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ConfigDict

from sonosift.commands.summary import Summary
from sonosift.machine import progress, threads


class IngestSummary(Summary):
    """What became of an archive's files, and what the cohort holds now.

    Attributes:
        files: Files in the archive: ``ingested`` + ``quarantined`` + ``skipped``.
        ingested: Readable images and clips.
        quarantined: Files that look like images but cannot be read.
        skipped: Files that are no images, and exact copies of others.
        clips: Clips in the cohort; a still is a clip of one frame.
        exams: Exams in the cohort.
        patients: Patients in the cohort.
        frames: Frames in the cohort.
        needs_review: Frames of ingested files that are held back in the private folder.
        seconds: Time this call took.
        frames_per_second: Frames added by this call, over that time.
        cohort: The cohort's folder.
        reasons: How many files were quarantined or skipped for which reason.
        patients_known_from: How the patients of the newly ingested files were told apart, and for how many files.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)

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


def ingest(
    archive: str | Path,
    cohort: str | Path,
    *,
    size: int = 256,
    clip_rate_hz: float = 3.0,
    dicom_groups: Literal["paper", "corrected"] = "paper",
    workers: int | None = None,
) -> IngestSummary:
    """Read an archive, remove identity, and keep clean frames in a cohort.

    Give the same command again to continue after an interruption, or to add what is new in the archive.

    Args:
        archive: Folder with DICOM files, videos and stills; never changed.
        cohort: Folder of the cohort; made if it does not exist, together with COHORT.private beside it.
        size: Side of the stored square frames in pixels.
        clip_rate_hz: Frames a second to keep from clips.
        dicom_groups: Table of study descriptions, as printed in the paper or with its two slips corrected.
        workers: Decoding processes; one per core by default.

    Returns:
        Counts of files, and of what the cohort holds.
    """
    from sonosift.ingest.ingest_archive import IngestSettings, ingest_archive

    settings = IngestSettings(
        size, clip_rate_hz, dicom_groups, threads.available_cores() if workers is None else workers
    )
    outcome = ingest_archive(Path(archive).absolute(), Path(cohort).absolute(), settings)
    for how, count in sorted(outcome.patients_known_from.items()):
        progress.notice(f"patients known from {how}: {count} files")
    return IngestSummary.model_validate(outcome, from_attributes=True)
