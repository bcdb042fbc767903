"""The frame store: every frame of a cohort as ``uint8``, memory-mapped, found by its id."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from sonosift.errors import SonosiftError
from sonosift.machine import atomic

FOLDER = "frames"

Frames = npt.NDArray[np.uint8]


def shard_path(cohort_path: Path, shard: int) -> Path:
    """Return the file of a shard.

    >>> shard_path(Path("c"), 0).as_posix()
    'c/frames/00000.npy'
    """
    return cohort_path / FOLDER / f"{shard:05d}.npy"


def write_shard(cohort_path: Path, shard: int, frames: Frames) -> None:
    """Write one shard, whole or not at all. It counts only once its catalog part exists."""
    with atomic.replacing(shard_path(cohort_path, shard)) as temporary, temporary.open("wb") as handle:
        np.save(handle, np.ascontiguousarray(frames), allow_pickle=False)


class FrameStore:
    """Frames of one size, read by id or by their place in the catalog.

    Attributes:
        frame_shape: Height and width of the frames in pixels.
        frame_ids: Every id, in the order of the catalog.
    """

    def __init__(self, cohort_path: Path, frame_shape: tuple[int, int], catalog: pl.DataFrame) -> None:
        self.frame_shape = frame_shape
        self._cohort_path = cohort_path
        self._ids: pl.Series = catalog["frame_id"]
        self._shard = catalog["shard"].to_numpy()
        self._row = catalog["row"].to_numpy()
        self._shards: dict[int, Frames] = {}
        self._sorted_ids: npt.NDArray[np.bytes_] | None = None
        self._sorted_place: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def frame_ids(self) -> list[str]:
        """Every id, in the order of the catalog."""
        return self._ids.to_list()

    def read(self, frame_ids: Sequence[str]) -> Frames:
        """Return ``uint8 [n, H, W]`` in the order asked for; an id may be asked for twice."""
        return self.read_places(self.places(frame_ids))

    def all(self) -> Frames:
        """Return every frame in the order of the catalog, as one array in memory."""
        return self.read_places(np.arange(len(self)))

    def read_places(self, places: npt.ArrayLike) -> Frames:
        """Return the frames at these places of the catalog."""
        wanted = np.asarray(places, dtype=np.int64)
        frames = np.empty((len(wanted), *self.frame_shape), dtype=np.uint8)
        # Shard by shard and front to back inside a shard: the disk is read in one direction.
        order = np.lexsort((self._row[wanted], self._shard[wanted]))
        shards = self._shard[wanted[order]]
        bounds = np.append(np.flatnonzero(np.diff(shards, prepend=-1)), len(wanted))
        for start, end in pairwise(bounds):
            stored = self._open(int(shards[start]))
            for place in order[start:end]:
                frames[place] = stored[self._row[wanted[place]]]
        return frames

    def places(self, frame_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return where the ids stand in the catalog."""
        if isinstance(frame_ids, str):
            raise SonosiftError("frame ids must be a list", f"Write [{frame_ids!r}].")
        if not len(frame_ids):
            return np.empty(0, dtype=np.int64)
        if self._sorted_ids is None or self._sorted_place is None:
            ids = self._ids.to_numpy().astype(np.bytes_) if len(self) else np.empty(0, dtype="S32")
            self._sorted_place = np.argsort(ids, kind="stable")
            self._sorted_ids = ids[self._sorted_place]
        try:
            wanted = np.array(list(frame_ids), dtype=np.bytes_)
        except (UnicodeEncodeError, TypeError):
            raise SonosiftError("a frame id is 32 hexadecimal digits", f"Received {frame_ids[0]!r}, …") from None
        found = np.searchsorted(self._sorted_ids, wanted)
        known = np.zeros(len(wanted), dtype=bool)
        inside = found < len(self)
        known[inside] = self._sorted_ids[found[inside]] == wanted[inside]
        if not known.all():
            unknown = [frame_ids[int(place)] for place in np.flatnonzero(~known)[:3]]
            raise SonosiftError(
                f"{int((~known).sum())} of {len(wanted)} frame ids are not in this cohort: {', '.join(unknown)}",
                "They may belong to another cohort, or to frames that were removed since.",
            )
        return self._sorted_place[found]

    def _open(self, shard: int) -> Frames:
        if shard not in self._shards:
            path = shard_path(self._cohort_path, shard)
            try:
                stored = np.load(path, mmap_mode="r", allow_pickle=False)
            except (FileNotFoundError, ValueError, EOFError) as error:
                raise SonosiftError(f"{path} is missing or damaged", "Restore it from a copy.") from error
            if stored.dtype != np.uint8 or stored.shape[1:] != self.frame_shape:
                raise SonosiftError(
                    f"{path} holds {stored.dtype} frames of {stored.shape[1:]}, not uint8 of {self.frame_shape}",
                    "The file does not belong to this cohort: restore it from a copy.",
                )
            self._shards[shard] = stored
        return self._shards[shard]
