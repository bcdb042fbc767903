"""The central directory of a zip file, read with limits: names that are no text, lies about sizes and bombs included.

Python's own reader gives up on a whole archive for one name in a wrong encoding, and reserves what a header asks for.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from sonosift.archive.unreadable import Reason, Unreadable

MAX_MEMBERS = 200_000
_MAX_DIRECTORY_BYTES = 64 << 20
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY = struct.Struct("<4s6H3L5H2L")
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_RECORD_64_BYTES, _LOCATOR_64_BYTES = 56, 20
_ZIP_64_EXTRA = 1


@dataclass(frozen=True)
class Entry:
    """One line of the directory, as it stands there."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header_at: int
    unix_mode: int


def read_directory(handle: BinaryIO) -> list[Entry]:
    """Return the entries in the order in which they stand.

    Raises:
        Unreadable: if there is no directory, or one that is damaged or too large.
    """
    try:
        return _entries(handle)
    except struct.error as error:
        raise Unreadable(Reason.BROKEN_HEADER) from error


def _entries(handle: BinaryIO) -> list[Entry]:
    start, length, shift = _place_of_directory(handle)
    handle.seek(start)
    directory = handle.read(length)
    if len(directory) < length:
        raise Unreadable(Reason.TRUNCATED)
    found: list[Entry] = []
    place = 0
    while place < length:
        fields = _ENTRY.unpack_from(directory, place)
        if fields[0] != b"PK\x01\x02":
            raise Unreadable(Reason.BROKEN_HEADER)
        flags, method = fields[3], fields[4]
        name_length, extra_length, comment_length = fields[10:13]
        place += _ENTRY.size
        name = directory[place : place + name_length]
        extra = directory[place + name_length : place + name_length + extra_length]
        place += name_length + extra_length + comment_length
        size, packed, header_at = _wide(extra, [fields[9], fields[8], fields[16]])
        found.append(Entry(name, flags, method, fields[7], packed, size, header_at + shift, fields[15] >> 16))
        if len(found) > MAX_MEMBERS:
            raise Unreadable(Reason.ZIP_BOMB)
    return found


def _place_of_directory(handle: BinaryIO) -> tuple[int, int, int]:
    """Return where the directory begins, its length, and by how much all offsets are to be moved."""
    end = handle.seek(0, 2)
    tail_at = max(0, end - _LOCATOR_64_BYTES - 22 - _FULL_16)
    handle.seek(tail_at)
    tail = handle.read()
    found = tail.rfind(_END)
    if found < 0 or len(tail) - found < 22:
        raise Unreadable(Reason.TRUNCATED)
    disk, first_disk, _, _, length, offset = struct.unpack_from("<4H2L", tail, found + 4)
    directory_end = tail_at + found
    if disk not in (0, _FULL_16) or first_disk not in (0, _FULL_16):
        raise Unreadable(Reason.UNSUPPORTED_ENCODING)  # cut into several files
    wide = _wide_record(handle, tail[max(0, found - _LOCATOR_64_BYTES) : found], directory_end)
    if wide is not None:
        directory_end, length, offset = wide
    elif _FULL_32 in (length, offset):
        raise Unreadable(Reason.BROKEN_HEADER)
    if length > _MAX_DIRECTORY_BYTES:
        raise Unreadable(Reason.ZIP_BOMB)
    # Something may stand before the archive, such as a program that unpacks it.
    start = directory_end - length
    if start < 0 or start < offset:
        raise Unreadable(Reason.BROKEN_HEADER)
    return start, length, start - offset


def _wide_record(handle: BinaryIO, locator: bytes, end: int) -> tuple[int, int, int] | None:
    """Return where the directory ends, its length and its offset by the record for large archives, if there is one.

    It stands between the directory and the end also where only the number of members needed it. If something stands
    before the archive, its stated place is wrong: then it is looked for where writers put it, right before its locator.
    """
    if len(locator) < _LOCATOR_64_BYTES or locator[:4] != _LOCATOR_64:
        return None
    (stated,) = struct.unpack_from("<Q", locator, 8)
    for place in (stated, end - _LOCATOR_64_BYTES - _RECORD_64_BYTES):
        if 0 <= place < end:
            handle.seek(place)
            record = handle.read(_RECORD_64_BYTES)
            if record[:4] == _END_64 and len(record) == _RECORD_64_BYTES:
                length, offset = struct.unpack_from("<2Q", record, 40)
                return place, length, offset
    raise Unreadable(Reason.BROKEN_HEADER)


def _wide(extra: bytes, values: list[int]) -> list[int]:
    """Replace the values that do not fit into 32 bits by those of the extra field."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == _ZIP_64_EXTRA:
            wide = iter(struct.unpack_from(f"<{min(length, len(extra) - place - 4) // 8}Q", extra, place + 4))
            return [next(wide, value) if value == _FULL_32 else value for value in values]
        place += 4 + length
    return values
