"""The one committer: decoded clips enter the cohort in the order of the plan, and are recorded once they are safe."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from sonosift.archive.unreadable import Reason
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.sources import Source
from sonosift.cohort.writer import CohortWriter
from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import Decoded, DecodeJob

_FRAMES_AT_ONCE = 256


class ClipCommitter:
    """Appends clips to a cohort; a source is recorded only after all its frames are committed.

    A killed ingest therefore decodes again whatever was not yet safe, and the frames of it that already are in the
    cohort are passed over by their ids.
    """

    def __init__(self, cohort: Cohort) -> None:
        self._cohort = cohort
        self._waiting: deque[tuple[int, Source]] = deque()
        self._appended = 0
        self._committed = 0

    @property
    def new_frames(self) -> int:
        """Frames that this committer added."""
        return self._appended

    def take(self, file: ArchiveFile, job: DecodeJob, answer: dict[str, Any], writer: CohortWriter) -> Source:
        """Append the next decoded clip, or note why there is none; return what will be recorded of it."""
        decoded = Decoded(**answer)
        if decoded.spool_file is not None and decoded.reason is None:
            spool = Path(decoded.spool_file)
            self._append(spool, decoded, writer)
            spool.unlink()
        source = _source(file, job, decoded)
        self._waiting.append((self._appended, source))
        return source

    def on_commit(self, frame_ids: list[str]) -> None:
        """Record the sources whose last frame has just become safe."""
        self._committed += len(frame_ids)
        self._record(self._committed)

    def finish(self) -> None:
        """Record what is left, after the writer has committed its last shard."""
        self._record(self._appended)

    def _append(self, spool: Path, decoded: Decoded, writer: CohortWriter) -> None:
        shape = (len(decoded.rows), *self._cohort.settings.frame_shape)
        frames = np.memmap(spool, dtype=np.uint8, mode="r", shape=shape)
        for start in range(0, len(decoded.rows), _FRAMES_AT_ONCE):
            part = slice(start, start + _FRAMES_AT_ONCE)
            rows = [decoded.shared | row for row in decoded.rows[part]]
            # Counted before the call: a commit inside it already counts these frames.
            self._appended += sum(row["frame_id"] not in writer for row in rows)
            writer.append(np.asarray(frames[part]), rows)

    def _record(self, safe: int) -> None:
        done = []
        while self._waiting and self._waiting[0][0] <= safe:
            done.append(self._waiting.popleft()[1])
        if done:
            self._cohort.private.sources.record(done)


def _source(file: ArchiveFile, job: DecodeJob, decoded: Decoded) -> Source:
    reason = Reason(decoded.reason) if decoded.reason is not None else None
    path, member = file.key
    return Source(
        path=path,
        member=member,
        sha256=job.sha256,
        modified_ns=job.modified_ns,
        size=job.size,
        state="ingested" if reason is None else "skipped" if reason.is_skip else "quarantined",
        clip=job.clip if reason is None else None,
        reason=None if reason is None else str(reason),
        frames=len(decoded.rows),
        held_frames=decoded.held_frames,
        patient=job.patient,
        exam=job.exam,
        rule=decoded.rule,
        held_reason=decoded.held_reason,
        fan_template=decoded.fan_template,
        dark_frames=decoded.dark_frames,
    )
