"""The one committer: frames and their catalog rows enter the cohort shard by shard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sonosift.cohort import catalog as catalogs
from sonosift.cohort import flow, frame_store, quarantine
from sonosift.errors import SonosiftError
from sonosift.machine import atomic, lock

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort


_TABLES = (catalogs.TOMBSTONES, catalogs.NEAR_DUPLICATES, flow.FILE_NAME, quarantine.FILE_NAME)
"""What an ingest writes beside the shards; the cohort's folder holds files of other commands too."""


class CohortWriter:
    """Append frames to a cohort, as a context manager that holds the cohort's lock.

    Rows gather in memory until a shard is full; then the shard is written and after it the catalog part, whose renaming
    is the commit. Leaving the block without an error commits the last, short shard; leaving it with one drops what is
    not yet committed. Give the frames in the same order after a crash: ids that are already committed are passed
    over, so the shards come out with the same bytes as in an ingest that was never interrupted.

    Args:
        cohort: The cohort; its private key must be there.
        on_commit: Called with the frame ids of each shard after its commit.
    """

    def __init__(self, cohort: Cohort, *, on_commit: Callable[[list[str]], None] | None = None) -> None:
        self._cohort = cohort
        self._on_commit = on_commit
        self._resources = ExitStack()
        self._frames: list[frame_store.Frames] = []
        self._rows: list[pl.DataFrame] = []
        self._pending = 0
        self._seen: set[str] = set()
        self._next_shard = 0

    def __enter__(self) -> CohortWriter:
        private = self._cohort.private
        private.require_key(self._cohort.settings.key_check)
        self._resources.enter_context(lock.exclusive(private.lock_path, f"{self._cohort.path}"))
        path = self._cohort.path
        for folder in (path / frame_store.FOLDER, path / catalogs.FOLDER):
            folder.mkdir(exist_ok=True)
            atomic.remove_leftovers(folder)
        for table in _TABLES:
            atomic.remove_leftovers(path, table)
        self._seen = set(self._cohort.catalog()["frame_id"])
        self._next_shard = len(catalogs.part_paths(path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._pending:
                self._commit(self._pending)
        finally:
            self._frames, self._rows, self._pending = [], [], 0
            self._resources.close()

    def __contains__(self, frame_id: str) -> bool:
        """Say whether a frame is committed or waits for its commit."""
        return frame_id in self._seen

    def bury(self, frame_ids: Sequence[str], reason: str) -> int:
        """Tombstone committed frames; their ids may be appended again. Return how many there were."""
        gone = set(frame_ids) & set(self._cohort.catalog()["frame_id"])
        buried = catalogs.bury(self._cohort.path, sorted(gone), reason)
        self._seen -= gone
        return buried

    def append(self, frames: frame_store.Frames, rows: Sequence[dict[str, object]] | pl.DataFrame) -> int:
        """Take frames ``uint8 [n, H, W]`` and one catalog row for each; return how many of them were new."""
        height, width = self._cohort.settings.frame_shape
        if frames.dtype != np.uint8 or frames.shape != (len(rows), height, width):
            raise SonosiftError(
                f"this cohort takes uint8 frames [{len(rows)}, {height}, {width}], one per row; "
                f"received {frames.dtype} {list(frames.shape)}"
            )
        described = catalogs.part_frame(rows)
        ids = described["frame_id"].to_list()
        new = [place for place, frame_id in enumerate(ids) if frame_id not in self._seen]
        if len({ids[place] for place in new}) != len(new):
            raise SonosiftError(
                "two of the appended frames have the same frame id", "An id names one frame of one file."
            )
        if not new:
            return 0
        self._seen.update(ids[place] for place in new)
        # Copies: the caller may use its buffer again.
        self._frames.append(frames[new].copy() if len(new) < len(ids) else frames.copy())
        self._rows.append(described[new])
        self._pending += len(new)
        full = self._cohort.settings.rows_per_shard
        while self._pending >= full:
            self._commit(full)
        return len(new)

    def _commit(self, count: int) -> None:
        frames, rows = np.concatenate(self._frames), pl.concat(self._rows)
        path = self._cohort.path
        frame_store.write_shard(path, self._next_shard, frames[:count])
        catalogs.write_part(path, self._next_shard, rows[:count])
        self._next_shard += 1
        self._frames, self._rows = [frames[count:]], [rows[count:]]
        self._pending -= count
        if self._on_commit is not None:
            self._on_commit(rows["frame_id"][:count].to_list())
