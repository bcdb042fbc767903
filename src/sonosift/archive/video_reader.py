"""Video through PyAV: MP4, MOV, AVI, MPEG, GIF, WebM, and the streams that some DICOM files carry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import IO, Any

import av
import numpy as np

from sonosift.archive.clip import Clip, ClipHeader, Frame
from sonosift.archive.frame_budget import ASSUMED_RATE_HZ, check_count, check_frame
from sonosift.archive.grey import split_colour
from sonosift.archive.regular_file import open_regular
from sonosift.archive.unreadable import Reason, Unreadable, refusing

_MOV = "mov,mp4,m4a,3gp,3g2,mj2"
_FORMATS = frozenset({_MOV, "avi", "mpeg", "mpegvideo", "mpegts", "gif", "matroska,webm", "h264", "hevc", "asf"})
_LEAST_SHARE = 0.9
"""Of the frames that the index counts; some may be hidden, or not decode without the ones before them."""


def open_video(path: Path) -> Clip:
    """Read a video's header; its frames are decoded one after the other when asked for."""
    with open_regular(path) as source, refusing(Reason.BROKEN_HEADER), closing(_opened(source)) as container:
        stream = _video_stream(container)
        height, width = stream.height, stream.width
        rate = _rate(stream)
        count = int(stream.frames) or None
        check_frame(height, width, samples=3)
        if count is not None:
            check_count(count)
        if _lies_on_its_side(container, stream):
            height, width = width, height
    header = ClipHeader(kind="video", height=height, width=width, frame_count=count, rate_hz=rate)

    def frames(wanted_hz: float) -> Iterator[Frame]:
        return video_frames(open_regular(path), rate, wanted_hz)

    return Clip(header, frames)


def video_frames(source: IO[bytes], rate_hz: float | None, wanted_hz: float) -> Iterator[Frame]:
    """Yield ``wanted_hz`` frames a second of a video: by the times in the file, else by counting."""
    with source, refusing(Reason.BROKEN_PIXELS), closing(_opened(source)) as container:
        stream = _video_stream(container)
        stream.thread_type = "NONE"
        next_time, first_time, seen = 0.0, None, 0
        for index, picture in enumerate(container.decode(stream)):
            check_count(index + 1)
            time_s = picture.time if picture.time is not None else index / (rate_hz or ASSUMED_RATE_HZ)
            first_time = time_s if first_time is None else first_time
            time_s = float(time_s - first_time)
            seen += 1
            if time_s + 1e-6 < next_time:
                continue
            next_time = max(next_time + 1.0 / wanted_hz, time_s)
            yield _frame(picture, index, time_s)
        if not seen:
            raise Unreadable(Reason.NO_PIXELS)
        # FFmpeg takes a file that breaks off for a short one.
        if seen < _LEAST_SHARE * stream.frames:
            raise Unreadable(Reason.TRUNCATED)


def _frame(picture: Any, index: int, time_s: float) -> Frame:
    check_frame(picture.height, picture.width, samples=3)
    pixels = np.rot90(picture.to_ndarray(format="rgb24"), _quarter_turns(picture))
    grey, rgb = split_colour(np.asarray(pixels, dtype=np.uint8))
    return Frame(grey, index, time_s, rgb)


def _quarter_turns(picture: Any) -> int:
    """Return how often a picture is to be turned to the left: a telephone notes how it was held."""
    turns: int = round(picture.rotation / 90)
    return turns


def _lies_on_its_side(container: Any, stream: Any) -> bool:
    """Look at the first picture; if it does not decode, that is told when the frames are asked for."""
    if container.format.name != _MOV:
        return False
    stream.thread_type = "NONE"
    with suppress(av.FFmpegError):
        return any(_quarter_turns(picture) % 2 for picture in islice(container.decode(stream), 1))
    return False


def _opened(source: IO[bytes]) -> Any:
    with refusing(Reason.BROKEN_HEADER):
        container = av.open(source, mode="r", metadata_errors="ignore")
    # Playlists and other formats that make FFmpeg open further files are not let in.
    if container.format.name not in _FORMATS:
        container.close()
        raise Unreadable(Reason.UNSUPPORTED_ENCODING)
    return container


def _video_stream(container: Any) -> Any:
    if not container.streams.video:
        raise Unreadable(Reason.NO_PIXELS)
    stream = container.streams.video[0]
    if not stream.width or not stream.height:
        raise Unreadable(Reason.BROKEN_HEADER)
    return stream


def _rate(stream: Any) -> float | None:
    rate: Fraction | None = stream.average_rate or stream.guessed_rate
    return float(rate) if rate and 0 < rate < 1000 else None
