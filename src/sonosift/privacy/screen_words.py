"""What an operator wrote on a picture or beside it, read before it is removed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.stroke_marks import find_strokes
from sonosift.privacy.text_reader import Box, Word, read_line
from sonosift.privacy.word_areas import Area, lines_of

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_BESIDE = 0.15
"""How far from the fan an annotation may stand, as a share of the fan's size."""
_MOST_LINES = 8
_SMALLEST_LINE = 6


def words_inside(picture: Image, areas: list[Area], boxes: list[Box], corner: tuple[int, int]) -> tuple[Word, ...]:
    """Read the text on the fan: the ``boxes`` that look like text, and drawn ``areas`` beside these."""
    lines = list(boxes)
    for area in areas:
        if area.looks_like_text and not any(_overlap(area.box, box) for box in boxes):
            lines.append(area.box)
    return _read(picture, lines[: 2 * _MOST_LINES], corner, inside_fan=True)


def words_on_screen(screen: Image, inside: Mask, corner: tuple[int, int]) -> tuple[Word, ...]:
    """Read the lines nearest to the fan on the first frame's screen, the fan itself left out.

    Args:
        screen: The whole first frame in grey.
        inside: The fan in its box.
        corner: Upper left corner (x, y) of the box on the screen.
    """
    height, width = inside.shape
    aside = round(_BESIDE * max(height, width))
    x0, y0 = max(0, corner[0] - aside), max(0, corner[1] - aside)
    x1, y1 = min(screen.shape[1], corner[0] + width + aside), min(screen.shape[0], corner[1] + height + aside)
    around = np.ascontiguousarray(screen[y0:y1, x0:x1])
    outside = np.ones(around.shape, dtype=bool)
    top, left = corner[1] - y0, corner[0] - x0
    outside[top : top + height, left : left + width] = ~inside
    if not outside.any():
        return ()
    lines = [box for box in lines_of(find_strokes(around, outside)) if _is_line(box)]
    middle = (left + width / 2, top + height / 2)
    lines.sort(key=lambda box: (_distance(box, middle, (width, height)), box))
    return _read(around, lines[:_MOST_LINES], (x0, y0), inside_fan=False)


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


def _distance(box: Box, middle: tuple[float, float], size: tuple[int, int]) -> float:
    """Return how far a line is from the fan, 1 at the edge of the fan's box; what stands below comes first."""
    x, y = (box[0] + box[2]) / 2 - middle[0], (box[1] + box[3]) / 2 - middle[1]
    across, along = abs(x) / size[0] * 2, y / size[1] * 2
    return round(max(across, abs(along)) - (_BELOW_FIRST if along > 0 else 0.0), 6)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


_BELOW_FIRST = 0.2
