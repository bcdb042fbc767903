"""Stills: PNG, JPEG, BMP, TIFF and WebP through Pillow, and no other format, with a cap on the pixels."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import ExifTags
from PIL import Image as Pillow
from PIL.Image import Transpose

from sonosift.archive.clip import Clip, ClipHeader, Frame
from sonosift.archive.frame_budget import check_count, check_frame
from sonosift.archive.grey import split_colour, to_bytes
from sonosift.archive.regular_file import open_regular
from sonosift.archive.unreadable import Reason, Unreadable, refusing

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L")
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
}  # fmt: skip
"""What each EXIF orientation asks for: a screen photographed with a telephone lies on its side."""
_KIND_OF_PAGE, _REDUCED = 254, 1
"""TIFF's NewSubfileType, and its bit for a smaller copy of another page."""


def open_still(path: Path) -> Clip:
    """Read the header of a still; a TIFF with several pages becomes a clip of as many frames.

    Small copies of a picture that travel in the same file, as telephones and scanners add them, are no frames.
    """
    with _opened(path, Reason.BROKEN_HEADER) as picture:
        width, height = picture.size
        check_frame(height, width, samples=3)
        count = int(getattr(picture, "n_frames", 1))
        check_count(count)
        turn = _turn(picture)
        pages = _pages(picture, count)
    if turn in (Transpose.TRANSPOSE, Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90):
        width, height = height, width
    header = ClipHeader(kind="still", height=height, width=width, frame_count=len(pages), rate_hz=None)

    def frames(wanted_hz: float) -> Iterator[Frame]:
        del wanted_hz  # pages are no cine: each is kept
        with _opened(path, Reason.BROKEN_PIXELS) as picture:
            for index, page in enumerate(pages):
                if page:
                    picture.seek(page)
                yield _page(picture, index, turn)

    return Clip(header, frames)


@contextmanager
def _opened(path: Path, reason: Reason) -> Iterator[Pillow.Image]:
    warnings.filterwarnings("ignore", module="PIL")
    logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)  # it quotes what it finds
    with open_regular(path) as handle:
        with refusing(Reason.BROKEN_HEADER):
            try:
                picture = Pillow.open(handle, formats=_FORMATS)
            except Pillow.DecompressionBombError as error:
                raise Unreadable(Reason.TOO_LARGE) from error
        with picture, refusing(reason):
            try:
                yield picture
            except OSError as error:
                raise Unreadable(Reason.TRUNCATED if "truncated" in str(error) else reason) from error


def _pages(picture: Pillow.Image, count: int) -> list[int]:
    """Return which pictures of a file are pages of their own."""
    if picture.format == "MPO":  # one photograph, with previews or maps of its brightness behind it
        return [0]
    if picture.format != "TIFF" or count == 1:
        return list(range(count))
    found = []
    for page in range(count):
        picture.seek(page)
        if not int(picture.tag_v2.get(_KIND_OF_PAGE, 0)) & _REDUCED:  # type: ignore[attr-defined]
            found.append(page)
    return found or [0]


def _page(picture: Pillow.Image, page: int, turn: Transpose | None) -> Frame:
    check_frame(picture.height, picture.width, samples=3)
    if picture.mode in _DEEP_MODES:
        deep = picture if turn is None else picture.transpose(turn)
        return Frame(to_bytes(np.asarray(deep).astype(np.uint16), 16, None), page, 0.0)
    if picture.mode in ("L", "1"):
        plain = picture.convert("L")
        return Frame(np.array(plain if turn is None else plain.transpose(turn)), page, 0.0)
    colour = _on_black(picture)
    grey, rgb = split_colour(np.array(colour if turn is None else colour.transpose(turn)))
    return Frame(grey, page, 0.0, rgb)


def _turn(picture: Pillow.Image) -> Transpose | None:
    if picture.format == "TIFF":  # Pillow turns these itself
        return None
    with suppress(Exception):  # no orientation is better than no picture
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return None


def _on_black(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        return Pillow.alpha_composite(Pillow.new("RGBA", layered.size, (0, 0, 0, 255)), layered).convert("RGB")
    return picture.convert("RGB")
