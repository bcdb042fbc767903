"""Pale writing in a still: rows of small pieces of one ink, each too faint to be called a stroke alone.

The picture is cut at many grey levels. A letter is a piece of nearly one grey, also after a light JPEG, that stands
out from the ring around it; speckle may look so once, but not three times side by side with the same height on the same
line and in the same grey. So the demand on each piece may be small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.grey_cuts import cut_at

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

LEVELS = tuple(range(24, 216, 12))
_LOWEST, _HIGHEST, _WIDEST, _SMALLEST = 5, 32, 40, 6
_MOST_PIECES = 2000
_LEAST_FALL, _EVIDENCE, _MOST_OPEN = 16.0, 1.5, 0.2
_SPREAD, _SAME_INK = 9.0, 12.0
_FEWEST_LETTERS, _FEWEST_UPRIGHT = 3, 4
_GAP, _OVERLAP, _ALIGNED, _SIZE_RATIO = 0.9, 0.1, 0.2, 1.7
_BLANK, _OF_ROW_FALL, _OF_ROW_HEIGHT, _LONGEST_PIECE = 1.6, 0.3, 0.5, 4.0
_LIKE_INK = 25.0
_BELOW_LEVEL = 10


@dataclass(frozen=True)
class _Pieces:
    """Pieces at one grey level: box (x, y, width, height), grey, and how they stand out."""

    boxes: NDArray[np.float64]
    grey: NDArray[np.float64]
    fall: NDArray[np.float64]
    is_even: Mask


def find_letter_rows(picture: Image, inside: Mask) -> list[Box]:
    """Return boxes around rows of letters, level or upright, on the pixels ``inside``."""
    cuts = [cut for cut in (_pieces(picture, inside, level) for level in LEVELS) if cut is not None]
    if not cuts:
        return []
    seen = _Pieces(*(np.concatenate(values) for values in zip(*(_columns(cut) for cut in cuts), strict=True)))
    usual = max(1.0, float(np.median(seen.fall)))  # around all pieces, which are speckles but for a few
    rows = set()
    for cut in cuts:
        letters = np.flatnonzero(cut.is_even & (cut.fall >= max(_LEAST_FALL, usual)))
        for upright in (False, True):
            for row in _rows(cut, letters, upright):
                # Few letters must stand out much, many need less.
                if len(row) * (cut.fall[row].mean() / usual - 1) >= _EVIDENCE:
                    rows.add(_longer(seen, cut, row, upright))
    return sorted(rows, key=lambda box: (box[1], box[0], box[2], box[3]))


def _columns(cut: _Pieces) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], Mask]:
    return cut.boxes, cut.grey, cut.fall, cut.is_even


def _pieces(picture: Image, inside: Mask, level: int) -> _Pieces | None:
    cut = cut_at(picture, inside, level, _may_be_letters, fewest=_FEWEST_LETTERS, most=_MOST_PIECES)
    if cut is None:
        return None
    flat = picture.ravel()
    values = flat[cut.own].astype(np.float64)
    grey = cut.means(cut.own_piece, values)
    spread = np.sqrt(np.maximum(cut.means(cut.own_piece, values**2) - grey**2, 0.0))
    light = flat[cut.ring]
    fall = grey - cut.means(cut.ring_piece, light)
    is_open = cut.means(cut.ring_piece, light > level - _BELOW_LEVEL) > _MOST_OPEN
    return _Pieces(cut.boxes, grey, fall, (spread <= _SPREAD) & ~is_open)


def _may_be_letters(statistics: NDArray[np.int32]) -> Mask:
    width, height, area = statistics[:, 2], statistics[:, 3], statistics[:, 4]
    size = (np.maximum(width, height) >= _LOWEST) & (height <= _WIDEST) & (width <= _WIDEST)
    return np.asarray(size & (area >= _SMALLEST))


def _turned(boxes: NDArray[np.float64], upright: bool) -> NDArray[np.float64]:
    """Return the boxes as if their row were level."""
    return boxes[:, [1, 0, 3, 2]] if upright else boxes


def _rows(cut: _Pieces, letters: NDArray[np.intp], upright: bool) -> list[NDArray[np.intp]]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    boxes, grey = _turned(cut.boxes[letters], upright), cut.grey[letters]
    tall = (boxes[:, 3] >= _LOWEST) & (boxes[:, 3] <= _HIGHEST)
    letters, boxes, grey = letters[tall], boxes[tall], grey[tall]
    if len(letters) < _FEWEST_LETTERS:
        return []
    x, y, width, height = boxes.T
    gap = np.maximum(x[:, None] - (x + width)[None, :], x[None, :] - (x + width)[:, None])
    larger, smaller = np.maximum(height[:, None], height[None, :]), np.minimum(height[:, None], height[None, :])
    slack = _ALIGNED * larger + 1
    top, foot = np.abs(y[:, None] - y[None, :]), np.abs((y + height)[:, None] - (y + height)[None, :])
    beside = (gap <= _GAP * larger) & (gap >= -_OVERLAP * larger) & ((top <= slack) | (foot <= slack))
    alike = (larger <= _SIZE_RATIO * smaller) & (np.abs(grey[:, None] - grey[None, :]) <= _SAME_INK)
    count, names = connected_components(csr_array(beside & alike), directed=False)
    groups = (letters[names == group] for group in range(count))
    return [group for group in groups if len(group) >= (_FEWEST_UPRIGHT if upright else _FEWEST_LETTERS)]


def _longer(seen: _Pieces, cut: _Pieces, row: NDArray[np.intp], upright: bool) -> Box:
    """Go on along the line beyond blanks, and over letters that show less or at another level."""
    boxes = _turned(cut.boxes[row], upright)
    x0, y0 = boxes[:, :2].min(axis=0)
    x1, y1 = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    tall, slack = y1 - y0, _ALIGNED * (y1 - y0)
    left, top, width, height = _turned(seen.boxes, upright).T
    right = left + width
    on_line = (top >= y0 - slack) & (top + height <= y1 + slack) & (width <= _LONGEST_PIECE * tall)
    shows = (seen.fall >= _OF_ROW_FALL * cut.fall[row].mean()) & (height >= _OF_ROW_HEIGHT * tall)
    fits = on_line & shows & (np.abs(seen.grey - cut.grey[row].mean()) <= _LIKE_INK)
    while True:
        beside = fits & (right >= x0 - _BLANK * tall) & (left <= x1 + _BLANK * tall)
        new_x0, new_x1 = left[beside].min(initial=x0), right[beside].max(initial=x1)
        if (new_x0, new_x1) == (x0, x1):
            break
        x0, x1 = new_x0, new_x1
    level = (int(x0), int(y0), int(x1), int(y1))
    return (level[1], level[0], level[3], level[2]) if upright else level
