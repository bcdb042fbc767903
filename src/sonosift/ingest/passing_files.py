"""Files that pass through: cleaned and checked as an ingest does it, by the same children, and kept nowhere."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from sonosift.archive.unreadable import Reason
from sonosift.cohort.cohort import Cohort
from sonosift.errors import SonosiftError
from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import Decoded, DecodeJob, Looked, WorkerSettings
from sonosift.ingest.fan_retry import template_folder
from sonosift.ingest.find_files import find_files
from sonosift.ingest.look_at_archive import look_at_archive
from sonosift.ingest.plan import decode_job
from sonosift.ingest.worker_pool import WorkerPool
from sonosift.labels.study_descriptions import Variant
from sonosift.privacy.pseudonyms import Pseudonyms

HELD_BACK = "held_back"


@dataclass(frozen=True)
class PassingFile:
    """One file, or one member of a zip, with its frames as a cohort would keep them.

    Attributes:
        name: Its path below what was given; a zip counts as a folder. It may identify a patient.
        frames: Clean frames ``uint8 [n, H, W]``, to be used before the next file is asked for.
        indices: The place of each frame in the file, of those held back too.
        times_s: Their times.
        held_back: Why nobody but a person may look at the frames; None if they are clean.
        refused: Why the file gave no frames at all.
    """

    name: str
    frames: NDArray[np.uint8]
    indices: list[int] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    held_back: str | None = None
    refused: str | None = None


def passing_files(path: Path, cohort: Cohort, folder: Path, workers: int) -> Iterator[PassingFile]:
    """Clean every file at ``path`` as the cohort's own were, in a fixed order.

    Args:
        path: A file, or a folder with files.
        cohort: The cohort whose settings hold: size, rate, scope, fans of its machines.
        folder: A private folder that will be removed; everything on the way lies in it.
        workers: Decoding children.
    """
    if not path.exists():
        raise SonosiftError(f"{path} does not exist", "Give a file, or a folder with files.")
    archive, paths = (path, find_files(path)) if path.is_dir() else (path.parent, [path.name])
    if not paths:
        raise SonosiftError(f"{path} holds no files", "Give a file, or a folder with files.")
    settings = _settings(cohort, folder)
    for kept in (settings.spool, settings.held):
        Path(kept).mkdir(mode=0o700)
    pseudonyms = Pseudonyms(bytes.fromhex(settings.key_hex))
    with WorkerPool(settings, workers) as pool:
        looked = look_at_archive(archive, paths, {}, pool).looked
        jobs = {
            place: _job(archive, file, glance, pseudonyms.clip(str(place)))
            for place, (file, glance) in enumerate(looked)
            if glance.reason is None
        }
        answers = pool.run(list(jobs.values()))
        for place, (file, glance) in enumerate(looked):
            if place in jobs:
                yield from _passed(file, jobs[place], Decoded(**next(answers)[1]), settings, cohort)
            else:
                yield _nothing(file, str(glance.reason), cohort)


def _passed(
    file: ArchiveFile, job: DecodeJob, decoded: Decoded, settings: WorkerSettings, cohort: Cohort
) -> Iterator[PassingFile]:
    if decoded.reason is not None:
        yield _nothing(file, decoded.reason, cohort)
    elif decoded.spool_file is None:
        record = Path(settings.held) / job.clip / "clip.json"
        rows = json.loads(record.read_text(encoding="utf-8"))["rows"]
        yield _file(file, rows, _no_frames(cohort), held_back=decoded.held_reason)
    else:
        spool = Path(decoded.spool_file)
        shape = (len(decoded.rows), *cohort.settings.frame_shape)
        yield _file(file, decoded.rows, np.memmap(spool, dtype=np.uint8, mode="r", shape=shape))
        spool.unlink()


def _file(
    file: ArchiveFile, rows: list[dict[str, Any]], frames: NDArray[np.uint8], held_back: str | None = None
) -> PassingFile:
    indices, times = [int(row["index_in_clip"]) for row in rows], [float(row["time_s"]) for row in rows]
    return PassingFile(file.name, frames, indices, times, held_back=held_back)


def _nothing(file: ArchiveFile, reason: str, cohort: Cohort) -> PassingFile:
    return PassingFile(file.name, _no_frames(cohort), refused=str(Reason(reason)))


def _no_frames(cohort: Cohort) -> NDArray[np.uint8]:
    return np.empty((0, *cohort.settings.frame_shape), dtype=np.uint8)


def _settings(cohort: Cohort, folder: Path) -> WorkerSettings:
    made, scope = cohort.settings.preprocessing, cohort.settings.scope
    templates = template_folder(cohort).path
    table = made.get("dicom_groups")
    return WorkerSettings(
        key_hex=secrets.token_bytes(32).hex(),  # no pseudonym leaves, so nobody need know it
        frame_shape=cohort.settings.frame_shape,
        clip_rate_hz=float(made.get("clip_rate_hz") or 3.0),
        study_table=str(table) if table in get_args(Variant) else "paper",
        spool=str(folder / "spool"),
        held=str(folder / "held"),
        fan_templates=str(templates) if templates.is_dir() else None,
        include=scope.include,
        exclude=scope.exclude,
        keep_calipers=bool(made.get("keep_calipers", False)),
        rescale_intensity=bool(made.get("rescale_intensity", False)),
        crop_border=bool(made.get("crop_border", False)),
    )


def _job(archive: Path, file: ArchiveFile, glance: Looked, clip: str) -> DecodeJob:
    # Nothing stays, so one name will do for clip, exam and patient.
    return decode_job(archive, file, glance, clip, exam=clip, patient=clip, templates_mark="all")
