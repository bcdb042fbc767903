"""The items of a DICOM video read as the one stream that they are pieces of, without holding it in memory."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO

from sonosift.archive.encapsulated_frames import Item


class JoinedItems(io.RawIOBase):
    """A seekable file made of pieces of another one."""

    def __init__(self, source: BinaryIO, pieces: Sequence[Item]) -> None:
        super().__init__()
        self._source = source
        self._pieces = pieces
        self._ends = list(accumulate(piece.length for piece in pieces))
        self._position = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer from the piece in which the position lies."""
        index = bisect_right(self._ends, self._position)
        if index == len(self._pieces):
            return 0
        piece = self._pieces[index]
        inside = self._position - (self._ends[index] - piece.length)
        self._source.seek(piece.start + inside)
        found = self._source.read(min(len(buffer), piece.length - inside))
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the joined stream."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._ends[-1]}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def close(self) -> None:
        """Close the source too."""
        self._source.close()
        super().close()
