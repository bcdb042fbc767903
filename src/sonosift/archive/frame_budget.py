"""What decoding a file would cost, computed from its header before a single byte is allocated."""

from __future__ import annotations

from sonosift.archive.unreadable import Reason, Unreadable

MAX_FRAME_PIXELS = 40_000_000
MAX_FRAME_BYTES = 240_000_000
MAX_FRAMES = 500_000


def check_frame(rows: int, columns: int, samples: int = 1, bits: int = 8) -> int:
    """Return the bytes of one decoded frame, or refuse a frame that no ultrasound machine makes.

    >>> check_frame(600, 800, samples=3)
    1440000
    """
    if rows < 1 or columns < 1 or samples not in (1, 3, 4) or bits not in (1, 8, 16, 32):
        raise Unreadable(Reason.BROKEN_HEADER)
    size = rows * columns * samples * max(1, bits // 8)
    if rows * columns > MAX_FRAME_PIXELS or size > MAX_FRAME_BYTES:
        raise Unreadable(Reason.TOO_LARGE)
    return size


def check_native_length(frame_bytes: int, frames: int, available: int) -> None:
    """Refuse an uncompressed file whose header promises more than the file holds."""
    check_count(frames)
    if frame_bytes * frames > available:
        raise Unreadable(Reason.TRUNCATED)


def check_count(frames: int) -> None:
    """Refuse a clip that claims to be longer than hours of continuous scanning."""
    if frames < 1:
        raise Unreadable(Reason.BROKEN_HEADER)
    if frames > MAX_FRAMES:
        raise Unreadable(Reason.TOO_LARGE)


def sampled_indices(frames: int, rate_hz: float | None, wanted_hz: float) -> list[int]:
    """Choose which frames of a clip to keep: ``wanted_hz`` a second, starting with the first.

    Without a rate in the header, 24 frames a second are assumed. A clip recorded slower than
    wanted is kept whole.

    >>> sampled_indices(10, 6.0, 3.0)
    [0, 2, 4, 6, 8]
    >>> sampled_indices(3, 2.0, 3.0)
    [0, 1, 2]
    """
    step = max(1.0, (rate_hz or ASSUMED_RATE_HZ) / wanted_hz)
    count = int((frames - 1) / step + 1e-9) + 1
    return [round(position * step) for position in range(count)]


ASSUMED_RATE_HZ = 24.0
