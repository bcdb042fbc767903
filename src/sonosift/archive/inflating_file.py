"""A deflated stream as a file that can be read and sought, holding a few hundred kilobytes whatever it inflates to."""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

from sonosift.archive.unreadable import Reason, Unreadable

_PIECE = 1 << 16
_FREE_BYTES = 64 << 20
_MOST_RATIO = 250
"""Deflate reaches 1,000 on zeros alone. A mostly black cine stays far below this, measured over all of it."""


class InflatingFile(io.RawIOBase):
    """Reads forward as it inflates; seeking back starts again, which the readers of a header hardly ever do."""

    def __init__(self, source: BinaryIO, start: int) -> None:
        super().__init__()
        self._source = source
        self._start = start
        self._rewind()

    def _rewind(self) -> None:
        self._source.seek(self._start)
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._position = 0
        self._ready = b""
        self._packed = b""
        self._consumed = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes, although going back is slow."""
        return True

    def tell(self) -> int:
        """Return the place in the inflated bytes."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as one piece goes."""
        if not self._ready:
            self._inflate()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        self._position += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the inflated bytes; the end is not known, and a place beyond it becomes the end."""
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("the end of an inflated stream is not known")
        target = offset + (self._position if whence == io.SEEK_CUR else 0)
        if target < self._position:
            self._rewind()
        while self._position < target:
            if not self._ready:
                self._inflate()
            if not self._ready:
                break
            step = min(target - self._position, len(self._ready))
            self._ready = self._ready[step:]
            self._position += step
        return self._position

    def close(self) -> None:
        """Close the source too."""
        self._source.close()
        super().close()

    def _inflate(self) -> None:
        while not self._ready and not self._inflater.eof:
            if not self._packed:
                self._packed = self._source.read(_PIECE)
                self._consumed += len(self._packed)
                if not self._packed:
                    return
            try:
                self._ready = self._inflater.decompress(self._packed, _PIECE)
            except zlib.error as error:
                raise Unreadable(Reason.BROKEN_PIXELS) from error
            self._packed = self._inflater.unconsumed_tail
        made = self._position + len(self._ready)
        if made > _FREE_BYTES and made > _MOST_RATIO * self._consumed:
            raise Unreadable(Reason.DEFLATE_BOMB)
