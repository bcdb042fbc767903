"""Where the compressed frames of a DICOM file lie: offset tables are often missing or wrong, so the items decide."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from sonosift.archive.frame_budget import MAX_FRAME_BYTES, MAX_FRAMES
from sonosift.archive.unreadable import Reason, Unreadable

_ITEM = b"\xfe\xff\x00\xe0"
_UNDEFINED = 0xFFFFFFFF
_MOST_ITEMS = 4 * MAX_FRAMES
_FIRST_BYTES = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP")
"""How a frame of JPEG or JPEG-LS, a JPEG 2000 codestream and a JP2 file begin."""


@dataclass(frozen=True)
class Item:
    """One piece of compressed data: where it lies in the file, and how its bytes begin."""

    start: int
    length: int
    begins_a_frame: bool


@dataclass(frozen=True)
class Items:
    """All pieces, and the basic offset table before them (empty when the writer left it out)."""

    pieces: tuple[Item, ...]
    offsets: tuple[int, ...]


def read_items(handle: BinaryIO, start: int) -> Items:
    """Walk over the items of encapsulated pixel data that begins at ``start``, reading a few bytes of each."""
    end = handle.seek(0, 2)
    place = start
    found: list[Item] = []
    offsets: tuple[int, ...] | None = None
    while place + 8 <= end:
        handle.seek(place)
        head = handle.read(20)
        if head[:4] != _ITEM:
            break  # the delimiter, or rubbish after the last item
        (length,) = struct.unpack("<I", head[4:8])
        place += 8
        if length == _UNDEFINED:
            raise Unreadable(Reason.BROKEN_PIXELS)
        if place + length > end:
            raise Unreadable(Reason.TRUNCATED)
        if offsets is None:
            handle.seek(place)
            table = handle.read(min(length, 4 * MAX_FRAMES)) if length % 4 == 0 else b""
            offsets = struct.unpack(f"<{len(table) // 4}I", table)
        elif length:
            found.append(Item(place, length, head[8:].startswith(_FIRST_BYTES)))
            if len(found) > _MOST_ITEMS:
                raise Unreadable(Reason.TOO_LARGE)
        place += length
    if not found:
        raise Unreadable(Reason.NO_PIXELS)
    return Items(tuple(found), offsets or ())


def group_by_frame(items: Items, frames: int, extended_offsets: Sequence[int] = ()) -> list[tuple[Item, ...]]:
    """Say which items make up each frame.

    A table is followed only if it has one entry for each frame and every entry points at an item.
    """
    pieces = items.pieces
    begins = [index for index, piece in enumerate(pieces) if piece.begins_a_frame]
    if frames == 1:
        return [pieces[: begins[1]] if len(begins) > 1 else pieces]
    if len(pieces) == frames:
        return [(piece,) for piece in pieces]
    if len(pieces) < frames:
        raise Unreadable(Reason.TRUNCATED)
    base = pieces[0].start
    place_of = {piece.start - base: index for index, piece in enumerate(pieces)}
    for table in (extended_offsets, items.offsets):
        firsts = [place_of.get(offset, -1) for offset in table]
        if len(firsts) == frames and firsts[0] == 0 and firsts == sorted(set(firsts)):
            return _cut(pieces, firsts)
    if len(begins) == frames and begins[0] == 0:
        return _cut(pieces, begins)
    raise Unreadable(Reason.BROKEN_PIXELS)


def read_frame(handle: BinaryIO, pieces: Sequence[Item]) -> bytes:
    """Return the compressed bytes of one frame."""
    if sum(piece.length for piece in pieces) > MAX_FRAME_BYTES:
        raise Unreadable(Reason.TOO_LARGE)
    parts = []
    for piece in pieces:
        handle.seek(piece.start)
        parts.append(handle.read(piece.length))
    return b"".join(parts)


def _cut(pieces: tuple[Item, ...], firsts: Sequence[int]) -> list[tuple[Item, ...]]:
    ends = [*firsts[1:], len(pieces)]
    return [pieces[first:end] for first, end in zip(firsts, ends, strict=True)]
