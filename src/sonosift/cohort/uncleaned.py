"""Frames before text was painted over, in ``COHORT.private/uncleaned``: only where somebody asked for them.

One file per clip: ``CLIP.npy``, ``uint8 [n, 2, H, W]``, frames in the order of the clip. The first plane is the frame
as the cohort would keep it but for the painting, the second how much of each pixel was painted over, 0..255. Whatever
stands in the picture, names too, stands in the first plane: the folder is never exported, and no part of the cohort.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from sonosift.errors import SonosiftError
from sonosift.machine import atomic

FOLDER = "uncleaned"


class UncleanedFrame(NamedTuple):
    """A frame with its text, and how much of each pixel the cleaner painted over."""

    picture: NDArray[np.uint8]
    painted: NDArray[np.uint8]


def uncleaned_path_of(private_path: Path) -> Path:
    """Return the folder of the uncleaned frames."""
    return private_path / FOLDER


class Uncleaned:
    """The uncleaned frames of a cohort.

    Args:
        folder: Where they lie; see ``uncleaned_path_of``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, clip: str, frames: Iterable[UncleanedFrame], count: int, shape: tuple[int, int]) -> None:
        """Keep the frames of a clip, one at a time in memory; an earlier version is replaced.

        Needs no lock of the cohort: a decoding child may use it.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with atomic.replacing(self._file(clip)) as temporary:
            temporary.touch(mode=0o600)
            kept = open_memmap(temporary, mode="w+", dtype=np.uint8, shape=(count, 2, *shape))
            for place, frame in enumerate(frames):
                kept[place, 0], kept[place, 1] = frame
            kept.flush()

    def clips(self) -> list[str]:
        """Return the clips that have uncleaned frames."""
        return sorted(file.stem for file in self.folder.glob("[!.]*.npy"))

    def read(self, clip: str) -> NDArray[np.uint8]:
        """Return ``[n, 2, H, W]``, memory-mapped."""
        try:
            return np.asarray(np.load(self._file(clip), mmap_mode="r", allow_pickle=False))
        except (FileNotFoundError, ValueError, EOFError) as error:
            raise SonosiftError(
                f"the uncleaned frames of clip {clip} are missing or damaged",
                "Ingest the archive into a new cohort with --keep-uncleaned.",
            ) from error

    def painted(self, rows: pl.DataFrame) -> NDArray[np.uint8]:
        """Return ``[n, H, W]``, how much of each pixel was painted over, for catalog rows that hold whole clips."""
        planes: dict[str, NDArray[np.uint8]] = {}
        for (clip,), part in rows.group_by("clip", maintain_order=True):
            kept = self.read(str(clip))
            if len(kept) != len(part):
                raise SonosiftError(
                    f"clip {clip} has {len(kept)} uncleaned frames and {len(part)} in the cohort",
                    "Ingest the archive into a new cohort with --keep-uncleaned.",
                )
            planes |= dict(zip(part.sort("index_in_clip")["frame_id"], kept[:, 1], strict=True))
        return np.stack([planes[frame_id] for frame_id in rows["frame_id"]])

    def remove(self, clips: Iterable[str]) -> None:
        """Delete the frames of clips, as far as there are any."""
        for clip in clips:
            self._file(clip).unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Delete what a killed process left half written; no other process may be writing."""
        atomic.remove_leftovers(self.folder)

    def _file(self, clip: str) -> Path:
        return self.folder / f"{clip}.npy"
