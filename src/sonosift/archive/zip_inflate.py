"""One member of a zip file, unpacked piece by piece and counted on the way; declared sizes are only checked against."""

from __future__ import annotations

import bz2
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.archive.zip_directory import Entry

METHODS = frozenset({0, 8, 12})
"""Stored, deflated and bzip2. LZMA may ask for gigabytes of memory by its header alone."""
_PIECE = 1 << 16


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def inflated(handle: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield the bytes of a member in pieces of at most 64 kB.

    Raises:
        Unreadable: as soon as there are more bytes than declared, and at the end if there are fewer or other ones.
    """
    handle.seek(entry.header_at)
    head = handle.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise Unreadable(Reason.BROKEN_HEADER)
    name_length, extra_length = struct.unpack_from("<2H", head, 26)
    handle.seek(name_length + extra_length, 1)
    seen, crc = 0, 0
    try:
        for piece in _unpacked(handle, entry):
            seen += len(piece)
            if seen > entry.size:
                raise Unreadable(Reason.ZIP_BOMB)
            crc = zlib.crc32(piece, crc)
            yield piece
    except (zlib.error, OSError, EOFError) as error:
        raise Unreadable(Reason.BROKEN_PIXELS) from error
    if seen < entry.size:
        raise Unreadable(Reason.TRUNCATED)
    if crc != entry.crc:
        raise Unreadable(Reason.BROKEN_PIXELS)


def _unpacked(handle: BinaryIO, entry: Entry) -> Iterator[bytes]:
    if entry.method == 0:
        yield from _packed(handle, entry)
    elif entry.method == 12:
        unpacker = bz2.BZ2Decompressor()
        for piece in _packed(handle, entry):
            yield from _pieces(unpacker, piece)
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        for piece in _packed(handle, entry):
            rest = piece
            while rest and not inflater.eof:
                if made := inflater.decompress(rest, _PIECE):
                    yield made
                rest = inflater.unconsumed_tail
        while not inflater.eof and (made := inflater.decompress(inflater.unconsumed_tail, _PIECE)):
            yield made


def _pieces(unpacker: _Unpacker, packed: bytes) -> Iterator[bytes]:
    made = unpacker.decompress(packed, _PIECE)
    while made:
        yield made
        made = b"" if unpacker.eof else unpacker.decompress(b"", _PIECE)


def _packed(handle: BinaryIO, entry: Entry) -> Iterator[bytes]:
    left = entry.packed
    while left and (piece := handle.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece
