"""Every clip looked at and read, on all cores; what was found is noted, so that an interrupted verification goes on.

The notes hold what was read and lie in the private folder. They count only for the same terms and the same pixels, and
are deleted when the verification ends: the next one looks at everything again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sonosift.machine import threads
from sonosift.verify.frame_doubts import ClipFrames, FrameDoubt, clips_of, doubts_about
from sonosift.verify.frame_reading import FrameReader

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

FOLDER, NOTES = "verify", "looks.jsonl"
_AHEAD = 4


@dataclass(frozen=True)
class ClipLook:
    """What was found in one clip.

    Attributes:
        frames: How many frames it has.
        doubts: Pixels outside the fan, and what the independent check takes for writing.
        read: What was read; None where nobody read.
    """

    frames: int
    doubts: list[FrameDoubt]
    read: list[FrameDoubt] | None


def look_at_clips(cohort: Cohort, terms: list[tuple[str, ...]], *, ocr: bool) -> Iterator[ClipLook]:
    """Yield what each clip shows, in the order of the catalog."""
    cores = threads.available_cores()
    reader = FrameReader(terms) if ocr else None
    notes = _Notes(cohort.private_path / FOLDER / NOTES, [terms, ocr])
    waiting: deque[Future[ClipLook]] = deque()
    # The networks compute outside Python, so that threads of one process are enough for all cores.
    with notes, ThreadPoolExecutor(cores) as pool:
        for clip in clips_of(cohort):
            waiting.append(pool.submit(_looked, clip, reader, notes))
            if len(waiting) > _AHEAD * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        notes.finish()


def _looked(clip: ClipFrames, reader: FrameReader | None, notes: _Notes) -> ClipLook:
    frames = [np.ascontiguousarray(frame) for frame in clip.frames]
    pixels = [hashlib.blake2b(frame.tobytes(), digest_size=16).hexdigest() for frame in frames]
    known = notes.get(clip.clip, pixels)
    if known is not None:
        return known
    read = None if reader is None else reader.doubts_about(clip, pixels)
    look = ClipLook(len(frames), doubts_about(clip), read)
    notes.add(clip.clip, pixels, look)
    return look


class _Notes:
    """A line for each clip that was looked at, after a line that says what was looked for."""

    def __init__(self, path: Path, asked: object) -> None:
        self._path = path
        self._asked = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        self._known: dict[str, tuple[str, ClipLook]] = {}

    def __enter__(self) -> _Notes:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = self._path.read_bytes().split(b"\n") if self._path.is_file() else []
        if lines and _parsed(lines[0]) == self._asked:
            # What a killed process left of a last line is none.
            self._known = dict(_note(record) for record in map(_parsed, lines[1:-1]) if record is not None)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._write(self._asked)
        for clip, (pixels, look) in self._known.items():
            self._write([clip, pixels, asdict(look)])
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def get(self, clip: str, pixels: Iterable[str]) -> ClipLook | None:
        """Return what was found in a clip if its pixels are what they were."""
        noted, look = self._known.get(clip, ("", None))
        return look if noted == "".join(pixels) else None

    def add(self, clip: str, pixels: Iterable[str], look: ClipLook) -> None:
        """Note what was found in a clip."""
        self._write([clip, "".join(pixels), asdict(look)])

    def finish(self) -> None:
        """Delete the notes."""
        self._path.unlink(missing_ok=True)

    def _write(self, record: object) -> None:
        # One call: lines of several threads do not mix.
        os.write(self._file, json.dumps(record).encode() + b"\n")


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _note(record: Any) -> tuple[str, tuple[str, ClipLook]]:
    clip, pixels, look = record
    read = None if look["read"] is None else [_doubt(each) for each in look["read"]]
    return clip, (pixels, ClipLook(look["frames"], [_doubt(each) for each in look["doubts"]], read))


def _doubt(fields: dict[str, Any]) -> FrameDoubt:
    x0, y0, x1, y1 = fields["box"]
    return FrameDoubt(**(fields | {"box": (x0, y0, x1, y1)}))
