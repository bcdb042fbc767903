"""Strokes laid over a picture: letters, crosses, dots and lines have an edge all around that echoes do not have.

The picture is cut at several grey levels. A piece that stands alone at one of them is compared with the ring just
outside it: a drawn stroke falls to the ground within two pixels in every direction, a speckle fades or is tied to
its neighbours, and a reflector changes its grey along its way. How large the fall must be is read from the picture
itself: the usual fall around its own speckles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.grey_cuts import GreyCut, cut_at
from sonosift.privacy.reflector_lines import reflectors

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

LEVELS = (70, 100, 130, 160, 190, 210, 230, 245)
_SMALLEST_AREA = 4
_TALLEST = 64
_WIDEST = 110
_THICKEST = 7.0
_STRONG_TIMES, _STRONG_LEAST, _STRONG_OPEN = 2.8, 36.0, 0.12
_WEAK_TIMES, _WEAK_LEAST, _WEAK_OPEN = 1.7, 25.0, 0.2
_SPECKLE_LEVEL, _MOST_USUAL = 130, 48.0
_LONG_TIMES, _FAR_TIMES = 3.5, 4.0
_CERTAIN_TIMES, _CERTAIN_LEAST, _CERTAIN_OPEN = 3.8, 70.0, 0.05
_CERTAIN_LEVELS = 3
_SHARE_OF_BRIGHTNESS = 0.36


@dataclass(frozen=True)
class Strokes:
    """What is drawn over a picture.

    Attributes:
        strong: Pixels of pieces that are strokes beyond doubt.
        weak: These, and pieces that are strokes if their neighbours are.
        certain: Strokes that need no neighbours at all: ink is the same at several grey levels, a reflector is not.
        usual_fall: The usual fall of grey around the picture's own speckles.
    """

    strong: Mask
    weak: Mask
    certain: Mask
    usual_fall: float


@dataclass(frozen=True)
class _Pieces:
    """The separate pieces of a picture at one grey level, and for each the fall around it."""

    cut: GreyCut
    fall: NDArray[np.float64]
    brightness: NDArray[np.float64]
    open_share: NDArray[np.float64]
    is_long: Mask


def find_strokes(picture: Image, inside: Mask) -> Strokes:
    """Find the strokes drawn over ``picture``, looking at the pixels ``inside`` only."""
    cuts = [cut for cut in (_pieces(picture, inside, level) for level in LEVELS) if cut is not None]
    usual = _usual_fall(cuts)
    strong, weak = np.zeros(picture.shape, dtype=bool), np.zeros(picture.shape, dtype=bool)
    times, echo = np.zeros(picture.shape, dtype=np.uint8), np.zeros(picture.shape, dtype=bool)
    for pieces in cuts:
        likely = _weak(pieces, usual)
        echoes = reflectors(pieces.cut, likely, picture, inside, echo)
        echo.ravel()[_pixels(pieces.cut, echoes)] = True
        for marks, chosen in ((strong, _strong(pieces, usual) & ~echoes), (weak, likely & ~echoes)):
            if chosen.any():
                marks.ravel()[_pixels(pieces.cut, chosen)] = True
        certain = _certain(pieces, usual) & ~echoes
        if certain.any():
            times.ravel()[_pixels(pieces.cut, certain)] += 1
    return Strokes(strong, weak, times >= _CERTAIN_LEVELS, usual)


def _pixels(cut: GreyCut, chosen: Mask) -> NDArray[np.intp]:
    return cut.own[chosen[cut.own_piece]]


def _usual_fall(cuts: list[_Pieces]) -> float:
    """Return the fall around the picture's own speckles: most pieces at the lower levels, unless all is black."""
    falls = [pieces.fall for pieces in cuts if pieces.cut.level <= _SPECKLE_LEVEL]
    return min(_MOST_USUAL, float(np.median(np.concatenate(falls)))) if falls else 0.0


def _strong(pieces: _Pieces, usual: float) -> Mask:
    deep = pieces.fall >= np.where(pieces.is_long, _LONG_TIMES, _STRONG_TIMES) * usual
    # A reflector falls in proportion to its brightness; ink falls to whatever lies below it.
    ink = (pieces.fall >= _SHARE_OF_BRIGHTNESS * pieces.brightness) | (pieces.fall >= _FAR_TIMES * usual)
    return np.asarray(deep & ink & (pieces.fall >= _STRONG_LEAST) & (pieces.open_share <= _STRONG_OPEN))


def _weak(pieces: _Pieces, usual: float) -> Mask:
    deep = (pieces.fall >= max(_WEAK_LEAST, _WEAK_TIMES * usual)) & (pieces.open_share <= _WEAK_OPEN)
    return np.asarray((deep & ~pieces.is_long) | _strong(pieces, usual))


def _certain(pieces: _Pieces, usual: float) -> Mask:
    deep = pieces.fall >= max(_CERTAIN_LEAST, _CERTAIN_TIMES * usual)
    return np.asarray(_strong(pieces, usual) & deep & (pieces.open_share <= _CERTAIN_OPEN))


def _pieces(picture: Image, inside: Mask, level: int) -> _Pieces | None:
    cut = cut_at(picture, inside, level, lambda statistics: _letters(statistics) | _lines(statistics))
    if cut is None:
        return None
    flat = picture.ravel()
    # Only the rim of a piece is compared: a thick reflector is bright inside and fades towards its edge.
    rim = cut.rim()
    inner = cut.means(cut.own_piece[rim], flat[cut.own[rim]])
    beside = flat[cut.ring]
    outer = cut.means(cut.ring_piece, beside)
    still_bright = cut.means(cut.ring_piece, beside > level - _EDGE)
    width, height = cut.boxes[:, 2], cut.boxes[:, 3]
    return _Pieces(cut, inner - outer, inner, still_bright, ~_letter_sized(width, height))


def _letters(statistics: NDArray[np.int32]) -> Mask:
    return _letter_sized(statistics[:, 2], statistics[:, 3]) & (statistics[:, 4] >= _SMALLEST_AREA)


def _lines(statistics: NDArray[np.int32]) -> Mask:
    width, height, area = statistics[:, 2], statistics[:, 3], statistics[:, 4]
    return np.asarray((area >= _SMALLEST_AREA) & (area <= _THICKEST * (width + height) / 2))


def _letter_sized(width: NDArray[Any], height: NDArray[Any]) -> Mask:
    return np.asarray((height <= _TALLEST) & (width <= _WIDEST) & ((height >= 3) | (width >= 3)))


_EDGE = 25
