"""Look at the new files of an archive, in the children, and at as many known ones as the guesses need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sonosift.cohort.sources import Source
from sonosift.ingest.clip_job import Looked, LookJob
from sonosift.ingest.plan import unchanged
from sonosift.ingest.worker_pool import WorkerPool
from sonosift.machine import progress


def look_at_archive(
    archive: Path, paths: Sequence[str], known: dict[str, Source], pool: WorkerPool
) -> list[tuple[str, Looked]]:
    """Return the first glance at every file that must be looked at, in the order of ``paths``."""
    new = [path for path in paths if not unchanged(archive, path, known)]
    glances = _glances(archive, new, pool)
    # A file without a header belongs to whom the DICOM files around it belong to, known ones included.
    lost = {_top(path) for path, glance in glances.items() if glance.reason is None and glance.patient is None}
    if lost:
        around = [path for path in paths if path not in glances and _top(path) in lost]
        glances |= _glances(archive, around, pool)
    return [(path, glances[path]) for path in paths if path in glances]


def _glances(archive: Path, paths: Sequence[str], pool: WorkerPool) -> dict[str, Looked]:
    if not paths:
        return {}
    jobs = [LookJob(str(archive / path)) for path in paths]
    with progress.bar("look", len(jobs), "files") as bar:
        found = {}
        for path, (_, answer) in zip(paths, pool.run(jobs), strict=True):
            found[path] = _glance(answer)
            bar.advance()
    return found


def _glance(answer: dict[str, Any]) -> Looked:
    # A child that died answers with nothing but the reason.
    absent: dict[str, Any] = {"sha256": "", "size": 0, "modified_ns": 0}
    return Looked(**(absent | answer))


def _top(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""
