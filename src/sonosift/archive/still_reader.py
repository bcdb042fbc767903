"""Stills: PNG, JPEG, BMP and TIFF through Pillow, and no other format, with a cap on the pixels."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from sonosift.archive.clip import Clip, ClipHeader, Frame
from sonosift.archive.frame_budget import check_count, check_frame
from sonosift.archive.grey import split_colour, to_bytes
from sonosift.archive.unreadable import Reason, Unreadable

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L")


def open_still(path: Path) -> Clip:
    """Read the header of a still; a TIFF with several pages becomes a clip of as many frames."""
    with _opened(path) as picture:
        width, height = picture.size
        pages = int(getattr(picture, "n_frames", 1))
    check_frame(height, width, samples=3)
    check_count(pages)
    header = ClipHeader(kind="still", height=height, width=width, frame_count=pages, rate_hz=None)

    def frames(wanted_hz: float) -> Iterator[Frame]:
        del wanted_hz  # pages are no cine: each is kept
        with _opened(path) as picture:
            for page in range(pages):
                yield _page(picture, page)

    return Clip(header, frames)


def _opened(path: Path) -> Pillow.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Pillow.open(path, formats=_FORMATS)
    except Pillow.DecompressionBombError as error:
        raise Unreadable(Reason.TOO_LARGE) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error) as error:
        raise Unreadable(Reason.BROKEN_HEADER) from error


def _page(picture: Pillow.Image, page: int) -> Frame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if page:
                picture.seek(page)
            check_frame(picture.height, picture.width, samples=3)
            if picture.mode in _DEEP_MODES:
                return Frame(to_bytes(np.asarray(picture).astype(np.uint16), 16, None), page, 0.0)
            if picture.mode in ("L", "1"):
                return Frame(np.array(picture.convert("L")), page, 0.0)
            grey, rgb = split_colour(np.array(_on_black(picture)))
            return Frame(grey, page, 0.0, rgb)
    except Pillow.DecompressionBombError as error:
        raise Unreadable(Reason.TOO_LARGE) from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        truncated = "truncated" in str(error)
        raise Unreadable(Reason.TRUNCATED if truncated else Reason.BROKEN_PIXELS) from error


def _on_black(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        return Pillow.alpha_composite(Pillow.new("RGBA", layered.size, (0, 0, 0, 255)), layered).convert("RGB")
    return picture.convert("RGB")
