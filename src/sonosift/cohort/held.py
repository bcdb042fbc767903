"""Clips that wait for a person, in ``COHORT.private/held``: what would be appended, and the pictures to judge by.

One folder per clip. It is built beside its place and renamed into it, so it is whole or absent, and the same clip
always gives the same bytes:

| file | what it holds |
|---|---|
| ``clip.json`` | reason, catalog rows as they would be appended, where the pictures lie on the source's screen |
| ``frames.npy`` | the cleaned frames as they would be appended, ``uint8 [n, H, W]``; absent when no fan was found |
| ``000000.png`` … | the source's pictures, by position |
"""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sonosift.errors import SonosiftError, unknown_name

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

FOLDER = "held"

Image = npt.NDArray[np.uint8]
Row = dict[str, Any]

_RECORD, _FRAMES = "clip.json", "frames.npy"
_CLIP = re.compile(r"[0-9a-f]{32}")
_REASON_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def held_path_of(private_path: Path) -> Path:
    """Return the folder of the held clips."""
    return private_path / FOLDER


class HeldWriter:
    """Hold one clip, frame by frame, as a context manager; leaving it without an error puts the clip in place.

    Needs no lock of the cohort: a decoding child may use it. An earlier version of the clip is replaced. Only one
    frame is in memory at a time.

    Args:
        held: The folder of the held clips.
        clip: The clip's pseudonym.
        reason: Why it waits, as a code.
        corner: Where the upper left pixel of the source pictures lies on the source's screen (x, y): (0, 0) when the
            whole screen is kept.
    """

    def __init__(self, held: Path, clip: str, reason: str, *, corner: tuple[int, int] = (0, 0)) -> None:
        if not _CLIP.fullmatch(clip):
            raise SonosiftError("a held clip is named by its pseudonym (32 hexadecimal digits), nothing else")
        if not _REASON_CODE.fullmatch(reason):
            raise SonosiftError("a reason is a code such as 'no_fan'", "Letters, digits and underscores.")
        self._place = held / clip
        self._building = held / f".{clip}.{uuid.uuid4().hex[:8]}.part"
        self._clip, self._reason, self._corner = clip, reason.lower(), corner
        self._rows: list[Row] = []
        self._frames: IO[bytes] | None = None
        self._side: tuple[int, int] | None = None

    def __enter__(self) -> HeldWriter:
        self._building.mkdir(mode=0o700, parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._put_in_place()
        finally:
            if self._frames is not None:
                self._frames.close()
            shutil.rmtree(self._building, ignore_errors=True)

    def add(self, row: Row, source: Image, cleaned: Image | None = None) -> None:
        """Keep one frame.

        Args:
            row: Its catalog row, as plain numbers, texts and lists.
            source: The picture as it was ``[h, w]``, for the reviewer.
            cleaned: The stored square ``[H, W]``; None for every frame of a clip without a fan.
        """
        import cv2

        if row.get("clip") != self._clip:
            raise SonosiftError("a frame of another clip cannot be held with this one")
        if self._rows and (cleaned is None) != (self._frames is None):
            raise SonosiftError("either all frames of a held clip are cleaned or none")
        if cleaned is not None:
            self._append(cleaned)
        encoded = cv2.imencode(".png", source)[1].tobytes()
        _write_flushed(self._building / f"{len(self._rows):06d}.png", encoded)
        self._rows.append(row)

    def __len__(self) -> int:
        return len(self._rows)

    def _append(self, frame: Image) -> None:
        if self._frames is None:
            self._side = (frame.shape[0], frame.shape[1])
            self._frames = (self._building / _FRAMES).open("wb")
            _write_array_header(self._frames, (0, *self._side))
        if frame.shape != self._side or frame.dtype != np.uint8:
            raise SonosiftError(f"frames of one clip are uint8 {self._side}, received {frame.dtype} {frame.shape}")
        self._frames.write(np.ascontiguousarray(frame).tobytes())

    def _put_in_place(self) -> None:
        if not self._rows:
            raise SonosiftError("a clip without frames cannot be held")
        if self._frames is not None and self._side is not None:
            # numpy's header keeps room for the count to grow, so the final one fits where the first one stood.
            self._frames.seek(0)
            _write_array_header(self._frames, (len(self._rows), *self._side))
            self._frames.flush()
            os.fsync(self._frames.fileno())
        record = {"clip": self._clip, "reason": self._reason, "corner": list(self._corner), "rows": self._rows}
        _write_flushed(self._building / _RECORD, json.dumps(record, indent=1).encode())
        # A process killed between the two lines has not reported the clip, so ingest holds it again.
        shutil.rmtree(self._place, ignore_errors=True)
        self._building.rename(self._place)


@dataclass(frozen=True)
class HeldClip:
    """One clip that waits.

    Attributes:
        path: Its folder.
        clip: Its pseudonym.
        reason: Why it waits.
        corner: Where the source pictures lie on the source's screen (x, y).
        rows: Its catalog rows, one per frame.
    """

    path: Path
    clip: str
    reason: str
    corner: tuple[int, int]
    rows: tuple[Row, ...]

    @property
    def patient(self) -> str:
        """The pseudonym of whom it shows."""
        return str(self.rows[0]["patient"])

    @property
    def frame_ids(self) -> list[str]:
        """The ids that the frames keep when they are appended."""
        return [str(row["frame_id"]) for row in self.rows]

    @property
    def is_cleaned(self) -> bool:
        """Whether there are cleaned frames; without a fan there are none."""
        return (self.path / _FRAMES).is_file()

    def frames(self) -> Image:
        """Return the cleaned frames ``uint8 [n, H, W]``, memory-mapped."""
        if not self.is_cleaned:
            raise SonosiftError(
                f"clip {self.clip} has no cleaned frames: no fan was found in it",
                "Draw its fan (--fan), or discard it.",
            )
        stored: Image = np.load(self.path / _FRAMES, mmap_mode="r", allow_pickle=False)
        return stored

    def source(self, position: int) -> Image:
        """Return one picture as it was, before cleaning."""
        import cv2

        picture = cv2.imread(str(self.path / f"{position:06d}.png"), cv2.IMREAD_UNCHANGED)
        if picture is None:
            raise SonosiftError(f"a held picture of clip {self.clip} cannot be read", "Ingest the archive again.")
        return np.asarray(picture, dtype=np.uint8)


class HeldClips:
    """All clips of a cohort that wait for a person."""

    def __init__(self, cohort: Cohort) -> None:
        self.path = held_path_of(cohort.private_path)

    def list(self) -> list[HeldClip]:
        """Return every clip that waits, in the order of the pseudonyms."""
        return [self.clip(path.parent.name) for path in sorted(self.path.glob(f"[!.]*/{_RECORD}"))]

    def clip(self, clip: str) -> HeldClip:
        """Return one clip, or an error that names the close ones."""
        file = self.path / clip / _RECORD
        if not _CLIP.fullmatch(clip) or not file.is_file():
            raise unknown_name("held clip", clip, [path.parent.name for path in self.path.glob(f"[!.]*/{_RECORD}")])
        content = json.loads(file.read_text(encoding="utf-8"))
        x, y = content["corner"]
        return HeldClip(file.parent, content["clip"], content["reason"], (x, y), tuple(content["rows"]))

    def counts(self) -> dict[str, int]:
        """Return how many clips wait for each reason, the most frequent first."""
        counted = Counter(clip.reason for clip in self.list())
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))

    def remove(self, clip: str) -> None:
        """Take a clip out, if it is there: cleared, discarded, or its file has changed."""
        if not _CLIP.fullmatch(clip):
            raise SonosiftError("a held clip is named by its pseudonym (32 hexadecimal digits), nothing else")
        # The record first: a folder without one does not count.
        (self.path / clip / _RECORD).unlink(missing_ok=True)
        shutil.rmtree(self.path / clip, ignore_errors=True)

    def remove_leftovers(self) -> None:
        """Delete what killed processes left half-written or half-deleted. Hold the cohort's lock."""
        for leftover in self._unfinished():
            shutil.rmtree(leftover, ignore_errors=True)

    def _unfinished(self) -> Iterator[Path]:
        for folder in list(self.path.glob("*")):
            if folder.is_dir() and (folder.name.startswith(".") or not (folder / _RECORD).is_file()):
                yield folder


def _write_array_header(handle: IO[bytes], shape: tuple[int, ...]) -> None:
    described = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(handle, described)


def _write_flushed(path: Path, data: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
