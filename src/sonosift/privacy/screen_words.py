"""What an operator wrote on a picture or beside it, read before it is removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.stroke_marks import find_strokes
from sonosift.privacy.text_reader import Box, Word, read_line
from sonosift.privacy.word_areas import Area, areas_of, lines_of, painted_area

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_BESIDE = 0.15
"""How far from the fan an annotation may stand, as a share of the fan's size."""
_MOST_LINES = 8
_SMALLEST_LINE = 6
_BELOW_FIRST = 0.2
_MOST_ON_FAN = 0.7
_CUT_REACH = 3


@dataclass(frozen=True)
class Surroundings:
    """What the first frame's screen says on the fan and near it.

    Attributes:
        words: Every line that touches the fan, and the lines nearest to it.
        crossing: Pixels of the fan's box that belong to writing which begins beside the fan.
    """

    words: tuple[Word, ...]
    crossing: Mask


def look_around(screen: Image, inside: Mask, corner: tuple[int, int], found: Iterable[Box]) -> Surroundings:
    """Look at the first frame of a clip, and at the letters that the fan's edge cuts in two.

    Args:
        screen: The whole frame in grey.
        inside: The fan in its box.
        corner: Upper left corner (x, y) of the fan's box on the screen.
        found: Boxes of text already found on the fan, in pixels of its box.
    """
    height, width = inside.shape
    aside = round(_BESIDE * max(height, width))
    x0, y0 = max(0, corner[0] - aside), max(0, corner[1] - aside)
    x1, y1 = min(screen.shape[1], corner[0] + width + aside), min(screen.shape[0], corner[1] + height + aside)
    around = np.ascontiguousarray(screen[y0:y1, x0:x1])
    left, top = corner[0] - x0, corner[1] - y0
    fan = np.zeros(around.shape, dtype=bool)
    window = (slice(top, top + height), slice(left, left + width))
    fan[window] = inside
    strokes = find_strokes(around, np.ones(around.shape, dtype=bool))
    drawn = [box for box in lines_of(strokes) if _is_line(box)]
    shifted = [(box[0] + left, box[1] + top, box[2] + left, box[3] + top) for box in found]
    on_fan = joined([*shifted, *(box for box in drawn if _touches(fan, box))])
    beside = [box for box in drawn if not _touches(fan, box)]
    middle = (left + width / 2, top + height / 2)
    beside.sort(key=lambda box: (_distance(box, middle, (width, height)), box))
    words = (
        *_read(around, on_fan[: 2 * _MOST_LINES], (x0, y0), inside_fan=True),
        *_read(around, beside[:_MOST_LINES], (x0, y0), inside_fan=False),
    )
    cut = [area for area in areas_of(strokes) if _is_cut(area, fan)]
    return Surroundings(words, painted_area(cut, around.shape)[window] & inside)


def _is_cut(area: Area, fan: Mask) -> bool:
    """Say whether writing lies on both sides of the fan's edge; speckle at the edge has nothing beyond it."""
    x0, y0, x1, y1 = area.box
    x0, y0, x1, y1 = max(0, x0 - _CUT_REACH), max(0, y0 - _CUT_REACH), x1 + _CUT_REACH, y1 + _CUT_REACH
    box = area.box
    on_fan = area.strokes & fan[box[1] : box[3], box[0] : box[2]]
    share = float(on_fan.sum() / max(1, area.strokes.sum()))
    return share <= _MOST_ON_FAN and bool(fan[y0:y1, x0:x1].any())


def joined(boxes: list[Box]) -> list[Box]:
    """Join boxes that hold parts of one line.

    >>> joined([(0, 0, 50, 10), (40, 1, 90, 11), (0, 30, 50, 40)])
    [(0, 0, 90, 11), (0, 30, 50, 40)]
    """
    lines: list[Box] = []
    for box in sorted(boxes):
        for place, line in enumerate(lines):
            if _same_line(line, box):
                x0, y0, x1, y1 = line
                lines[place] = (min(x0, box[0]), min(y0, box[1]), max(x1, box[2]), max(y1, box[3]))
                break
        else:
            lines.append(box)
    return sorted(lines, key=lambda line: (line[1], line[0]))


def _same_line(one: Box, other: Box) -> bool:
    shared_x = min(one[2], other[2]) - max(one[0], other[0])
    shared_y = min(one[3], other[3]) - max(one[1], other[1])
    return shared_x > 0 and 2 * shared_y > min(one[3] - one[1], other[3] - other[1])


def _read(picture: Image, lines: list[Box], corner: tuple[int, int], *, inside_fan: bool) -> tuple[Word, ...]:
    words = []
    for box in lines:
        text, score = read_line(picture, box)
        if text:
            x, y = corner
            source = (box[0] + x, box[1] + y, box[2] + x, box[3] + y)
            words.append(Word(text, round(score, 4), source, inside_fan))
    return tuple(words)


def _is_line(box: Box) -> bool:
    """Leave out marks of a ruler, single figures beside it, and drawings."""
    width, height = box[2] - box[0], box[3] - box[1]
    return height >= _SMALLEST_LINE and width >= 1.3 * height


def _touches(fan: Mask, box: Box) -> bool:
    return bool(fan[box[1] : box[3], box[0] : box[2]].any())


def _distance(box: Box, middle: tuple[float, float], size: tuple[int, int]) -> float:
    """Return how far a line is from the fan, 1 at the edge of the fan's box; what stands below comes first."""
    x, y = (box[0] + box[2]) / 2 - middle[0], (box[1] + box[3]) / 2 - middle[1]
    across, along = abs(x) / size[0] * 2, y / size[1] * 2
    return round(max(across, abs(along)) - (_BELOW_FIRST if along > 0 else 0.0), 6)
