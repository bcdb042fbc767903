"""Strokes laid over a picture: letters, crosses, dots and lines have an edge all around that echoes do not have.

The picture is cut at several grey levels. A piece that stands alone at one of them is compared with the ring just
outside it: a drawn stroke falls to the ground within two pixels in every direction, a speckle fades or is tied to
its neighbours. How large the fall must be is read from the picture itself: the usual fall around its own speckles.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

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
_SQUARE = np.ones((3, 3), dtype=np.uint8)
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)).astype(np.uint8)


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

    level: int
    names: NDArray[np.int32]
    wanted: NDArray[np.intp]
    fall: NDArray[np.float64]
    brightness: NDArray[np.float64]
    open_share: NDArray[np.float64]
    is_long: Mask


def find_strokes(picture: Image, inside: Mask) -> Strokes:
    """Find the strokes drawn over ``picture``, looking at the pixels ``inside`` only."""
    cuts = [cut for cut in (_pieces(picture, inside, level) for level in LEVELS) if cut is not None]
    usual = _usual_fall(cuts)
    strong, weak = np.zeros(picture.shape, dtype=bool), np.zeros(picture.shape, dtype=bool)
    times = np.zeros(picture.shape, dtype=np.uint8)
    for cut in cuts:
        strong |= _pixels(cut, _strong(cut, usual))
        weak |= _pixels(cut, _weak(cut, usual))
        times += _pixels(cut, _certain(cut, usual))
    certain = times >= _CERTAIN_LEVELS
    return Strokes(strong, weak, certain, usual)


def _pixels(cut: _Pieces, chosen: Mask) -> Mask:
    table = np.zeros(int(cut.names.max()) + 1, dtype=bool)
    table[cut.wanted[chosen]] = True
    return np.asarray(table[cut.names])


def _usual_fall(cuts: list[_Pieces]) -> float:
    """Return the fall around the picture's own speckles: most pieces at the lower levels, unless all is black."""
    falls = [cut.fall for cut in cuts if cut.level <= _SPECKLE_LEVEL]
    return min(_MOST_USUAL, float(np.median(np.concatenate(falls)))) if falls else 0.0


def _strong(cut: _Pieces, usual: float) -> Mask:
    deep = cut.fall >= np.where(cut.is_long, _LONG_TIMES, _STRONG_TIMES) * usual
    # A reflector falls in proportion to its brightness; ink falls to whatever lies below it.
    ink = (cut.fall >= _SHARE_OF_BRIGHTNESS * cut.brightness) | (cut.fall >= _FAR_TIMES * usual)
    return np.asarray(deep & ink & (cut.fall >= _STRONG_LEAST) & (cut.open_share <= _STRONG_OPEN))


def _weak(cut: _Pieces, usual: float) -> Mask:
    deep = (cut.fall >= max(_WEAK_LEAST, _WEAK_TIMES * usual)) & (cut.open_share <= _WEAK_OPEN)
    return np.asarray((deep & ~cut.is_long) | _strong(cut, usual))


def _certain(cut: _Pieces, usual: float) -> Mask:
    deep = cut.fall >= max(_CERTAIN_LEAST, _CERTAIN_TIMES * usual)
    return np.asarray(_strong(cut, usual) & deep & (cut.open_share <= _CERTAIN_OPEN))


def _pieces(picture: Image, inside: Mask, level: int) -> _Pieces | None:
    above = ((picture >= level) & inside).astype(np.uint8)
    count, names, statistics, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    width, height, area = (
        statistics[:, column] for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA)
    )
    letter = (height <= _TALLEST) & (width <= _WIDEST) & ((height >= 3) | (width >= 3))
    line = area <= _THICKEST * (width + height) / 2
    fits = (area >= _SMALLEST_AREA) & (letter | line)
    fits[0] = False
    wanted = np.flatnonzero(fits)
    if not len(wanted):
        return None
    renumbered = np.zeros(count, dtype=np.float32)
    renumbered[wanted] = np.arange(1, len(wanted) + 1)
    pieces = renumbered[names]
    near = cv2.dilate(pieces, _SQUARE)
    around = cv2.dilate(near, _CROSS)
    ring = np.flatnonzero((around > 0) & (near == 0) & (above == 0) & inside)
    # Only the rim of a piece is compared: a thick reflector is bright inside and fades towards its edge.
    rim = np.flatnonzero((pieces > 0) & (cv2.erode(above, _SQUARE) == 0))
    inner = _means(pieces.ravel()[rim].astype(np.intp), picture.ravel()[rim], len(wanted))
    ring_names, ring_values = around.ravel()[ring].astype(np.intp), picture.ravel()[ring]
    outer = _means(ring_names, ring_values, len(wanted))
    still_bright = _means(ring_names, ring_values > level - _EDGE, len(wanted))
    return _Pieces(
        level, np.asarray(names, dtype=np.int32), wanted, inner - outer, inner, still_bright, ~letter[wanted]
    )


def _means(names: NDArray[np.intp], values: NDArray[np.generic], count: int) -> NDArray[np.float64]:
    sums = np.bincount(names, values.astype(np.float64), count + 1)[1:]
    return np.asarray(sums / np.maximum(np.bincount(names, minlength=count + 1)[1:], 1), dtype=np.float64)


_EDGE = 25
