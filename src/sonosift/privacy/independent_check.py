"""A second opinion on cleaned pictures: is there anything left that could be writing?

It shares no model, no threshold and no code with what removes the writing, so that both are unlikely to miss the same
line. It knows three signs: pixels outside the fan, cells that look like rows of letters (a small network, see
``independent_check_network``), and the same in the layer that stays still while the picture lives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.clip import Image
from sonosift.privacy.independent_check_network import CELL, scores

Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

OUTSIDE = "OUTSIDE_THE_FAN"
WRITING = "WRITING"
STILL_WRITING = "STILL_WRITING"


@dataclass(frozen=True)
class Doubt:
    """Why a clip should wait for a person.

    Attributes:
        code: ``OUTSIDE_THE_FAN``, ``WRITING`` or ``STILL_WRITING`` (a mark that does not move with the picture).
        score: How sure the check is: the network's log-odds, or the number of pixels outside the fan.
        position: Of the frame in the clip; for what stays still, of the first frame.
        box: x0, y0, x1, y1 of the place in the crop, right and bottom exclusive.
    """

    code: str
    score: float
    position: int
    box: Box


def doubt_about(cleaned: Sequence[Image], mask: Mask) -> Doubt | None:
    """Return the strongest doubt about the cleaned crops of a clip, or None where they may be kept.

    Args:
        cleaned: Grey crops ``[h, w]`` of all frames; each is read once, in order.
        mask: The fan in the crop, ``[h, w]``.
    """
    doubts = []
    still: Image | None = None
    count = len(cleaned)
    # Several looks are several chances to err, and to see what is there.
    sure = _SURE if count == 1 else _SURE_OF_A_LOOK
    for position, brightest, darkest in _looks(cleaned):
        outside = _outside(brightest, mask, position)
        if outside is not None:
            return outside
        doubts.append(_writing(brightest, mask, WRITING, position, sure))
        still = darkest if still is None else np.minimum(still, darkest)
    if count >= _FEWEST_FRAMES and still is not None:
        doubts.append(_writing(still, mask, STILL_WRITING, 0, sure))
    return max((doubt for doubt in doubts if doubt is not None), key=lambda doubt: doubt.score, default=None)


def _looks(cleaned: Sequence[Image]) -> Iterator[tuple[int, Image, Image]]:
    """Yield some frames in a row as one look: the first one's position, their brightest and their darkest pixels.

    A line of writing that is shown in any frame of the look is in its brightest pixels, so nothing goes unseen in a
    long clip.
    """
    count = len(cleaned)
    edges = np.linspace(0, count, min(count, _MOST_LOOKS) + 1).astype(int)
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        brightest = darkest = cleaned[first]
        for position in range(first + 1, last):
            frame = cleaned[position]
            brightest, darkest = np.maximum(brightest, frame), np.minimum(darkest, frame)
        yield first, brightest, darkest


def _outside(picture: Image, mask: Mask, position: int) -> Doubt | None:
    lit = (picture > 0) & ~mask
    count = int(lit.sum())
    if not count:
        return None
    rows, columns = np.flatnonzero(lit.any(1)), np.flatnonzero(lit.any(0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return Doubt(OUTSIDE, float(count), position, box)


def _writing(picture: Image, mask: Mask, code: str, position: int, sure: float) -> Doubt | None:
    """Score the picture at its own size, at half and at a quarter: letters of 7 to 80 pixels."""
    best: Doubt | None = None
    fan = mask.astype(np.uint8)
    for level in range(_LEVELS):
        if level:
            size = (max(1, picture.shape[1] // 2), max(1, picture.shape[0] // 2))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
            fan = np.asarray(cv2.resize(fan, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
            if min(picture.shape) < _SMALLEST:
                break
        odds = row_odds(picture, fan > 0)
        row, column = divmod(int(odds.argmax()), odds.shape[1])
        score = float(odds[row, column])
        if score > sure + level * _SURER_A_LEVEL and (best is None or score > best.score):
            side = CELL << level
            box = (column * side - side, row * side, (column + 2) * side, (row + 1) * side)
            best = Doubt(code, round(score, 3), position, _clipped(box, mask.shape))
    return best


def row_odds(picture: Image, mask: Mask) -> NDArray[np.float32]:
    """Return, for each cell, the log-odds that it and its neighbours along a row or column are writing."""
    odds = scores(picture)
    height, width = odds.shape
    padded = np.zeros((height * CELL, width * CELL), dtype=bool)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    inside = padded.reshape(height, CELL, width, CELL).any(axis=(1, 3))
    odds[~inside] = _IMPOSSIBLE
    across = cv2.blur(odds, (3, 1), borderType=cv2.BORDER_REPLICATE)
    upright = cv2.blur(odds, (1, 3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.maximum(across, upright), dtype=np.float32)


def _clipped(box: Box, shape: tuple[int, ...]) -> Box:
    x0, y0, x1, y1 = box
    return max(0, x0), max(0, y0), min(shape[1], x1), min(shape[0], y1)


_MOST_LOOKS = 6
_LEVELS = 3
_SMALLEST = 24
_IMPOSSIBLE = -12.0
_FEWEST_FRAMES = 3
_SURE = 3.2
# Speckle shrunk to half its size is as sharp as small letters are.
_SURER_A_LEVEL = 2.0
_SURE_OF_A_LOOK = 3.6
