"""Look at the new files of an archive, in the children, and at as many known ones as the guesses need."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonosift.archive.unreadable import Reason
from sonosift.cohort.sources import Source
from sonosift.ingest.archive_file import ArchiveFile, storable
from sonosift.ingest.clip_job import Looked, LookJob
from sonosift.ingest.worker_pool import WorkerPool
from sonosift.machine import progress

Known = Mapping[tuple[str, str], Source]


@dataclass(frozen=True)
class FirstLook:
    """What an archive holds.

    Attributes:
        files: Every file, and every member of a zip in place of the zip, in a fixed order.
        looked: The files that were looked at, with what was found, in the same order. Known files may be among them.
    """

    files: list[ArchiveFile]
    looked: list[tuple[ArchiveFile, Looked]]


def unchanged(archive: Path, file: ArchiveFile, known: Known) -> bool:
    """Say whether a file is recorded with the size and the time that it, or its zip, has now."""
    source = known.get(file.key)
    if source is None:
        return False
    try:
        found = (archive / file.path).stat()
    except OSError:
        return source.size == 0 and source.modified_ns == 0
    return (found.st_mtime_ns, found.st_size) == (source.modified_ns, source.size)


def look_at_archive(archive: Path, paths: Sequence[str], known: Known, pool: WorkerPool) -> FirstLook:
    """Look at every file that must be looked at: the new, the changed, and all zips, which are listed each time."""
    zips = {path for path, member in known if member}
    plain = [ArchiveFile(path) for path in paths]
    glances = _glances(
        archive,
        [file for file in plain if storable(file.path) in zips or not unchanged(archive, file, known)],
        pool,
    )
    files: list[ArchiveFile] = []
    for file in plain:
        members = glances[file].members if file in glances else None
        if members is None:
            files.append(file)
        else:
            del glances[file]
            files += [ArchiveFile(file.path, member) for member in sorted(members, key=os.fsencode)]
    new = [file for file in files if file.member and not unchanged(archive, file, known)]
    glances |= _glances(archive, new, pool)
    # A file without a header belongs to whom the DICOM files around it belong to, known ones included.
    lost = {_top(file) for file, glance in glances.items() if glance.patient is None and _is_somebodys(glance)}
    if lost:
        glances |= _glances(archive, [file for file in files if file not in glances and _top(file) in lost], pool)
    return FirstLook(files, [(file, glances[file]) for file in files if file in glances])


def _glances(archive: Path, files: Iterable[ArchiveFile], pool: WorkerPool) -> dict[ArchiveFile, Looked]:
    jobs = {file: LookJob(str(archive / file.path), file.member, _bytes(archive / file.path)) for file in files}
    found: dict[ArchiveFile, Looked] = {}
    if not jobs:
        return found
    with progress.bar("look", len(jobs), "files") as bar:
        for file, (_, answer) in zip(jobs, pool.run(list(jobs.values())), strict=True):
            found[file] = _glance(answer)
            bar.advance()
    return found


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _glance(answer: dict[str, Any]) -> Looked:
    # A child that died answers with nothing but the reason.
    absent: dict[str, Any] = {"sha256": "", "size": 0, "modified_ns": 0}
    return Looked(**(absent | answer))


def _is_somebodys(glance: Looked) -> bool:
    """Say whether a file belongs to a patient: a broken one does, a document passed over need not."""
    return glance.members is None and (glance.reason is None or not Reason(glance.reason).is_skip)


def _top(file: ArchiveFile) -> str:
    return file.name.partition("/")[0] if "/" in file.name else ""
