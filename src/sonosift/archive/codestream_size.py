"""How large a compressed frame says it is: asked before a decoder reserves the memory, for headers may lie about it."""

from __future__ import annotations

import struct

_JPEG_2000 = b"\xff\x4f\xff\x51"
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
"""Start of frame of every JPEG process, and of JPEG-LS; the three left out are tables."""
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def codestream_size(frame: bytes) -> tuple[int, int] | None:
    """Return height and width of a JPEG, JPEG-LS or JPEG 2000 frame, or None where the bytes do not tell.

    >>> codestream_size(bytes.fromhex("ffd8 ffc0 0011 08 0030 0040 03"))
    (48, 64)
    """
    if frame.startswith(b"\xff\xd8"):
        return _jpeg_size(frame)
    found = frame.find(_JPEG_2000, 0, 4096)
    if found >= 0 and len(frame) >= found + 24:
        right, bottom, left, top = struct.unpack(">4I", frame[found + 8 : found + 24])
        return bottom - top, right - left
    return None


def _jpeg_size(frame: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(frame):
        if frame[place] != 0xFF:
            return None
        marker = frame[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        elif marker in _FRAME_MARKERS:
            height, width = struct.unpack(">HH", frame[place + 5 : place + 9])
            return height, width
        elif marker == 0xDA:
            return None
        else:
            place += 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
    return None
