"""``sonosift ingest``: an archive becomes a cohort without identity."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.commands.summary import Summary
from sonosift.machine import progress, threads

if TYPE_CHECKING:
    from sonosift.cohort.scope import Scope
    from sonosift.ingest.ingest_archive import IngestOutcome


class IngestSummary(Summary):
    """What became of an archive's files, and what the cohort holds now.

    Attributes:
        files: Files in the archive, a zip's members in place of the zip: ``ingested`` + ``quarantined`` + ``skipped``.
        ingested: Readable images and clips.
        quarantined: Files that look like images but cannot be read.
        skipped: Files that are no images, exact copies of others, out of scope, or of forgotten patients.
        clips: Clips in the cohort; a still is a clip of one frame.
        exams: Exams in the cohort.
        patients: Patients in the cohort.
        frames: Frames in the cohort.
        needs_review: Frames of ingested files that are held back in the private folder.
        pages_left_out: Files without an ultrasound picture (report pages, worksheets, test patterns), which are among
            the skipped: nothing of them is kept anywhere.
        dark_frames: Frames of clips that were left out because they show nothing, as where a film fades in from black.
        seconds: Time this call took.
        frames_per_second: Frames added by this call, over that time.
        cohort: The cohort's folder.
        reasons: How many files were quarantined or skipped for which reason.
        held: How many clips are held back for which reason.
        patients_known_from: How the patients of the newly ingested files were told apart, and for how many files.
        unmatched_paths: Newly ingested files whose path ``patient_from`` does not fit; their patients were guessed.
        manifest: How many files the manifest and the archive have in common, and how many only one of them has.
        exported_later: DICOM files that this call wrote for clips that were in the cohort before.
        not_exported: How many of these clips got no DICOM file for which reason.
    """

    files: int
    ingested: int
    quarantined: int
    skipped: int
    clips: int
    exams: int
    patients: int
    frames: int
    needs_review: int
    pages_left_out: int
    dark_frames: int
    seconds: float
    frames_per_second: float
    cohort: str
    reasons: dict[str, int]
    held: dict[str, int]
    patients_known_from: dict[str, int]
    unmatched_paths: int
    manifest: dict[str, int]
    exported_later: int
    not_exported: dict[str, int]


def ingest(
    archive: str | Path,
    cohort: str | Path,
    *,
    size: int | str = 256,
    clip_rate_hz: float = 3.0,
    manifest: Path | None = None,
    patient_from: str | None = None,
    include: list[str] | None = None,
    exclude: list[str] | None = None,
    dicom_groups: str = "paper",
    burnt_in_labels: Path | None = None,
    keep_calipers: bool = False,
    rescale_intensity: bool = False,
    crop_border: bool = False,
    export_dicom: Path | None = None,
    keep_uncleaned: bool = False,
    hold_pages: bool = False,
    workers: int | None = None,
) -> IngestSummary:
    """Read an archive, remove identity, and keep clean frames in a cohort.

    Give the same command again to continue after an interruption, or to add what is new in the archive.

    Args:
        archive: Folder with DICOM files, videos, stills and zip files of them; never changed.
        cohort: Folder of the cohort; made if it does not exist, together with COHORT.private beside it.
        size: Size of the stored frames in pixels: a side, or HEIGHTxWIDTH. Pictures are never distorted.
        clip_rate_hz: Frames a second to keep from clips.
        manifest: CSV table of the archive: file, patient, exam, labels (several separated by ;).
        patient_from: Where a path names the patient: {patient}/{exam}/*, or a regular expression with such groups.
        include: FIELD=PATTERN of what comes in (exam_title, study_description, body_part, machine, modality, mode).
        exclude: FIELD=PATTERN of what stays out.
        dicom_groups: Table of study descriptions: paper (as printed), corrected (its two slips), or a CSV file.
        burnt_in_labels: CSV table (text, label) of what operators type into the picture, instead of the built-in one.
        keep_calipers: Leave calipers, rulers and arrows in the pictures; text is always removed.
        rescale_intensity: Bring the near field of every frame to the same brightness.
        crop_border: Cut black borders off inside the fan's box.
        export_dicom: Folder for de-identified DICOM files of the clips that come in, and of those that are in.
        keep_uncleaned: Also keep frames as they were before text was painted over, in COHORT.private and nowhere else,
            for `sonosift explain --text`. They hold whatever stands in the pictures.
        hold_pages: Hold screens without an ultrasound picture for a person, instead of leaving them out.
        workers: Decoding processes; one per core by default.

    Returns:
        Counts of files, and of what the cohort holds.
    """
    from sonosift.cohort.settings import parsed_size
    from sonosift.ingest.ingest_archive import ingest_archive
    from sonosift.ingest.settings import IngestSettings

    outcome = ingest_archive(
        Path(archive).absolute(),
        Path(cohort).absolute(),
        IngestSettings(
            size=parsed_size(size),
            clip_rate_hz=clip_rate_hz,
            dicom_groups=dicom_groups,
            workers=threads.available_cores() if workers is None else workers,
            scope=_scope(include, exclude),
            manifest=manifest,
            patient_from=patient_from,
            burnt_in_labels=burnt_in_labels,
            keep_calipers=keep_calipers,
            rescale_intensity=rescale_intensity,
            crop_border=crop_border,
            export_dicom=None if export_dicom is None else Path(export_dicom).absolute(),
            keep_uncleaned=keep_uncleaned,
            hold_pages=hold_pages,
        ),
    )
    summary = _summary(outcome)
    for how, count in summary.patients_known_from.items():
        progress.notice(f"patients known from {how}: {count} files")
    if summary.unmatched_paths:
        progress.notice(f"{summary.unmatched_paths} paths do not fit {patient_from}: their patients were guessed")
    for what, count in summary.manifest.items():
        progress.notice(f"{what}: {count} files")
    return summary


def _scope(include: list[str] | None, exclude: list[str] | None) -> Scope | None:
    """Return the rules that were given, None if there are none: those of an existing cohort then stand."""
    from sonosift.cohort.scope import Scope, checked_rule

    if not include and not exclude:
        return None
    wanted, unwanted = (tuple(checked_rule(rule) for rule in rules or ()) for rules in (include, exclude))
    return Scope(include=wanted, exclude=unwanted)


def _summary(outcome: IngestOutcome) -> IngestSummary:
    from sonosift.archive.unreadable import Reason

    catalog, sources = outcome.cohort.catalog(), outcome.sources
    states = Counter(source.state for source in sources)
    held = Counter(source.held_reason or "not recorded" for source in sources if source.held_frames)
    return IngestSummary(
        files=len(sources),
        ingested=states["ingested"],
        quarantined=states["quarantined"],
        skipped=states["skipped"],
        clips=catalog["clip"].n_unique(),
        exams=catalog["exam"].n_unique(),
        patients=catalog["patient"].n_unique(),
        frames=len(catalog),
        needs_review=sum(source.held_frames for source in sources),
        pages_left_out=sum(source.reason == Reason.NO_ULTRASOUND_PICTURE for source in sources),
        dark_frames=sum(source.dark_frames for source in sources),
        seconds=round(outcome.seconds, 3),
        frames_per_second=round(outcome.new_frames / max(outcome.seconds, 1e-6), 2),
        cohort=str(outcome.cohort.path),
        reasons=dict(sorted(Counter(source.reason for source in sources if source.reason).items())),
        held=dict(sorted(held.items())),
        patients_known_from=dict(sorted(outcome.patients_known_from.items())),
        unmatched_paths=outcome.unmatched_paths,
        manifest=outcome.manifest,
        exported_later=outcome.exported,
        not_exported=dict(sorted(outcome.not_exported.items())),
    )
