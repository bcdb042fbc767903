"""From strokes to the areas that are painted over: letters are joined, so that no shape of a letter is left."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.stroke_marks import Strokes

Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

_REACH = 0.9
_SIZE_RATIO = 3.5
_ROUNDS = 2
_MOST_WEAK = 2
_MARGIN = 3
_TALLEST_LETTER = 64
_WIDEST_LETTERS = 110
_MOST_PIECES = 1500


@dataclass(frozen=True)
class Area:
    """Strokes that belong together.

    Attributes:
        box: x0, y0, x1, y1 of the strokes, exclusive at the end.
        strokes: Which pixels of the box they are.
        pieces: How many separate pieces.
        size: The height of its letters, or of whatever it is.
        elongation: How many times longer than wide its pieces usually are.
    """

    box: Box
    strokes: Mask
    pieces: int
    size: float
    elongation: float

    @property
    def looks_like_text(self) -> bool:
        """Say whether it has several pieces of a letter's size and shape; layers of skin and muscle are far longer."""
        several = self.pieces >= 2 and self.size >= _SMALLEST_LETTER and self.elongation <= _LONGEST_LETTER
        return several or self.is_joined_word

    @property
    def is_joined_word(self) -> bool:
        """Say whether its only piece is a level word whose letters touch: about one stroke to each height of it.

        Letters of four pixels do; a layer of tissue as long as that has few gaps, or none.
        """
        height, width = self.strokes.shape
        if self.pieces > 1 or not (_LOWEST_JOINED <= height <= _TALLEST_JOINED and width >= 2 * height):
            return False
        begins = np.diff(self.strokes.astype(np.int8), axis=1, prepend=0) > 0
        strokes_in_a_row = float(np.median(begins.sum(axis=1)))
        return bool(strokes_in_a_row >= max(_FEWEST_STROKES, _STROKES_PER_HEIGHT * width / height))


def areas_of(strokes: Strokes, text: list[Box] | None = None) -> list[Area]:
    """Join strong strokes to words, together with the weak ones beside them.

    Args:
        strokes: What was found in a picture.
        text: Boxes in which a reader saw text: the weak strokes in them count as strong.
    """
    everything = strokes.strong | strokes.weak
    seeds = strokes.strong.copy()
    for x0, y0, x1, y1 in text or ():
        seeds[y0:y1, x0:x1] |= strokes.weak[y0:y1, x0:x1]
    count, names, statistics, _ = cv2.connectedComponentsWithStats(everything.astype(np.uint8), connectivity=8)
    if count < 2 or not seeds.any():
        return []
    sure = np.zeros(count, dtype=bool)
    sure[np.unique(names[seeds])] = True
    sure[0] = False
    wanted = np.flatnonzero(sure)
    if count <= _MOST_PIECES:
        wanted = np.arange(1, count)
    boxes = statistics[wanted, :4].astype(np.float64)
    pieces = np.asarray(names, dtype=np.int32)
    near = _near(boxes)
    kept = sure[wanted]
    for _ in range(_ROUNDS):
        kept = kept | near[kept].any(axis=0)
    areas = []
    for group in _groups(near, np.flatnonzero(kept)):
        certain = group[sure[wanted[group]]]
        parts = [group]
        if len(group) > _MOST_WEAK * len(certain):  # in coarse speckle the weak ones are everywhere
            parts = [_in_line(boxes, part, group) for part in _groups(near, certain)]
        for part in parts:
            area = _area(pieces, wanted[part], boxes[part])
            if area.looks_like_text or _is_certain(area, strokes):
                areas.append(area)
            else:
                alone = (_area(pieces, wanted[[piece]], boxes[[piece]]) for piece in part if sure[wanted[piece]])
                areas += [each for each in alone if each.is_joined_word]
    return areas


def _is_certain(area: Area, strokes: Strokes) -> bool:
    x0, y0, x1, y1 = area.box
    return bool((area.strokes & strokes.certain[y0:y1, x0:x1]).any())


def lines_of(strokes: Strokes) -> list[Box]:
    """Join strong strokes to level lines of writing with the blanks of a sentence in them."""
    count, _, statistics, _ = cv2.connectedComponentsWithStats(strokes.strong.astype(np.uint8), connectivity=8)
    boxes = statistics[1 : min(count, _MOST_PIECES), :4].astype(np.float64)
    if not len(boxes):
        return []
    x, y, width, height = boxes.T
    size = np.maximum(height, _SMALLEST_LETTER)
    gap = np.maximum(x[:, None] - (x + width)[None, :], x[None, :] - (x + width)[:, None])
    shared = np.minimum((y + height)[:, None], (y + height)[None, :]) - np.maximum(y[:, None], y[None, :])
    larger, smaller = np.maximum(size[:, None], size[None, :]), np.minimum(size[:, None], size[None, :])
    near = (gap <= _BLANK * larger) & (shared >= _SHARED_HEIGHT * smaller) & (larger <= _SIZE_RATIO * smaller)
    lines = []
    for group in _groups(near, np.arange(len(boxes))):
        low, high = boxes[group, :2].min(axis=0), (boxes[group, :2] + boxes[group, 2:]).max(axis=0)
        lines.append((int(low[0]), int(low[1]), int(high[0]), int(high[1])))
    return sorted(lines, key=lambda box: (box[1], box[0]))


def within(strokes: Strokes, box: Box) -> Area | None:
    """Return all strokes in a box as one area, the weak ones too; None if they do not fill its length."""
    x0, y0, x1, y1 = box
    marks = (strokes.strong | strokes.weak)[y0:y1, x0:x1]
    count, names, statistics, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8), connectivity=8)
    along = _along(marks)
    if count < _FEWEST_PIECES or along[-1] - along[0] < _FILLED * max(marks.shape):
        return None
    area = _area(np.asarray(names, dtype=np.int32), np.arange(1, count), statistics[1:, :4].astype(np.float64))
    left, top, right, bottom = area.box
    return replace(area, box=(left + x0, top + y0, right + x0, bottom + y0))


def has_holes(strokes: Strokes, box: Box) -> bool:
    """Say whether the strokes in a line's box leave out as much as a letter of it.

    A letter that joins a reflector or a vessel is no stroke of its own: it may be missing in the middle of a name.
    """
    x0, y0, x1, y1 = box
    marks = (strokes.strong | strokes.weak)[y0:y1, x0:x1]
    gaps = np.diff([-1, *_along(marks), max(marks.shape)]) - 1
    return bool(gaps.max() > _WIDEST_SPACE * min(marks.shape))


def _along(marks: Mask) -> NDArray[np.intp]:
    """Return the places along the longer side of a box at which there is a mark."""
    return np.flatnonzero(marks.any(axis=0 if marks.shape[1] >= marks.shape[0] else 1))


def painted_area(areas: list[Area], shape: tuple[int, ...]) -> Mask:
    """Return the pixels to paint over: the strokes, what lies between them, and a margin for their soft edges."""
    result = np.zeros(shape[:2], dtype=np.uint8)
    for area in areas:
        x0, y0, x1, y1 = area.box
        letters, size = _letters_of(area)
        joins = area.pieces > 1 or _SMALLEST_LETTER < max(x1 - x0, y1 - y0) <= _TALLEST_LETTER
        reach = round(min(size, _TALLEST_LETTER) * _CLOSING) | 1 if joins and size else 1
        pad = reach + _MARGIN
        strokes = np.pad(area.strokes.astype(np.uint8), pad)
        if reach > 1:
            strokes |= cv2.morphologyEx(np.pad(letters, pad), cv2.MORPH_CLOSE, _disc(reach)).astype(np.uint8)
        strokes = cv2.dilate(strokes, _disc(2 * _MARGIN + 1)).astype(np.uint8)
        top, left = max(0, pad - y0), max(0, pad - x0)
        window = result[y0 - pad + top : y1 + pad, x0 - pad + left : x1 + pad]
        np.maximum(window, strokes[top : top + window.shape[0], left : left + window.shape[1]], out=window)
    return result > 0


def _letters_of(area: Area) -> tuple[NDArray[np.uint8], float]:
    """Return the strokes without the frames of colour boxes and other long lines, and the height of what is left.

    What lies between the sides of a frame, or between it and a letter, does not go with them.
    """
    strokes = area.strokes.astype(np.uint8)
    _, names, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    width, height = statistics[:, cv2.CC_STAT_WIDTH], statistics[:, cv2.CC_STAT_HEIGHT]
    is_letter = (width <= _WIDEST_LETTERS) & (height <= _TALLEST_LETTER)
    is_letter[0] = False
    if is_letter[1:].all():
        return strokes, area.size
    if not is_letter.any():
        return np.zeros_like(strokes), 0.0
    return is_letter[names].astype(np.uint8), float(np.quantile(height[is_letter], 0.75))


def _near(boxes: NDArray[np.float64]) -> Mask:
    """Say for each two pieces whether they can be letters of one word."""
    x, y, width, height = boxes.T
    gap_x = np.maximum(x[:, None] - (x + width)[None, :], x[None, :] - (x + width)[:, None])
    gap_y = np.maximum(y[:, None] - (y + height)[None, :], y[None, :] - (y + height)[:, None])
    size = np.maximum(np.minimum(np.maximum(width, height), _TALLEST_LETTER), _SMALLEST_LETTER)
    larger, smaller = np.maximum(size[:, None], size[None, :]), np.minimum(size[:, None], size[None, :])
    gap = np.maximum(np.maximum(gap_x, gap_y), 0)
    level = np.minimum(gap_x, gap_y) < 0
    return np.asarray((gap <= _REACH * smaller) & level & (larger <= _SIZE_RATIO * smaller))


def _in_line(boxes: NDArray[np.float64], part: NDArray[np.intp], group: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the pieces of ``group`` that continue the line of the certain ones: the missing letters of their word."""
    low, high = boxes[part, :2].min(axis=0), (boxes[part, :2] + boxes[part, 2:]).max(axis=0)
    across = 1 if high[0] - low[0] >= high[1] - low[1] else 0
    middles = boxes[group, across] + boxes[group, 2 + across] / 2
    sizes = boxes[group, 2 + across]
    fits = (middles >= low[across]) & (middles <= high[across]) & (sizes <= _MUCH_LARGER * (high[across] - low[across]))
    return np.union1d(part, group[fits]) if len(part) > 1 else part


def _groups(near: Mask, chosen: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Split the ``chosen`` pieces into groups that hang together."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    count, names = connected_components(csr_array(near[np.ix_(chosen, chosen)]), directed=False)
    return [chosen[names == group] for group in range(count)]


def _area(names: NDArray[np.int32], pieces: NDArray[np.intp], boxes: NDArray[np.float64]) -> Area:
    x0, y0 = boxes[:, :2].min(axis=0).astype(int)
    x1, y1 = (boxes[:, :2] + boxes[:, 2:]).max(axis=0).astype(int)
    strokes = np.isin(names[y0:y1, x0:x1], pieces)
    size = float(np.quantile(boxes[:, 3], 0.75))
    elongation = float(np.median(boxes[:, 2:].max(axis=1) / boxes[:, 2:].min(axis=1)))
    return Area((int(x0), int(y0), int(x1), int(y1)), strokes, len(pieces), size, elongation)


def _disc(diameter: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter)).astype(np.uint8)


_SMALLEST_LETTER = 5
_BLANK, _SHARED_HEIGHT = 1.2, 0.4
_FILLED = 0.5
_WIDEST_SPACE = 0.25
"""In heights of the line: between letters there is less, between words about as much."""
_LOWEST_JOINED, _TALLEST_JOINED = 4, 32
_FEWEST_STROKES, _STROKES_PER_HEIGHT = 3, 0.6
_FEWEST_PIECES = 3
_LONGEST_LETTER = 3.0
_MUCH_LARGER = 1.2
_CLOSING = 0.8
