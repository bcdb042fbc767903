"""MPEG-2, H.264 and HEVC in DICOM: one stream for the whole clip, cut into as many items as the writer liked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, cast

from sonosift.archive.clip import ClipHeader, Frame
from sonosift.archive.dicom_dataset import OpenedDicom
from sonosift.archive.encapsulated_frames import read_items
from sonosift.archive.joined_items import JoinedItems
from sonosift.archive.unreadable import Reason, refusing
from sonosift.archive.video_reader import video_frames

_PREFIX = "1.2.840.10008.1.2.4."


def is_video_syntax(uid: str) -> bool:
    """Say whether a transfer syntax is one of the video streams, cut (.1 behind it) or whole.

    >>> is_video_syntax("1.2.840.10008.1.2.4.102.1"), is_video_syntax("1.2.840.10008.1.2.4.90")
    (True, False)
    """
    number = uid.removeprefix(_PREFIX).partition(".")[0]
    return uid.startswith(_PREFIX) and number.isdigit() and 100 <= int(number) <= 108


def frames_of_stream(opened: OpenedDicom, header: ClipHeader, wanted_hz: float) -> Iterator[Frame]:
    """Yield the wanted frames of the stream in a file's pixel data."""
    handle = opened.open()
    with handle, refusing(Reason.BROKEN_PIXELS):
        _, _, start = opened.pixel_element(handle)
        pieces = read_items(handle, start).pieces
        stream = io.BufferedReader(JoinedItems(handle, pieces), 1 << 16)
        yield from video_frames(cast("IO[bytes]", stream), header.rate_hz, wanted_hz)
