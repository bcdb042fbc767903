"""What an operator wrote on a picture or beside it, read before it is removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
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
_SMALLEST_LETTER, _TALLEST_LETTER, _THINNEST_LETTER = 5, 64, 2
_INK_ON_BLACK = 70
_FARTHEST, _BLANK = 12, 0.9
_CERTAIN_SCORE, _CERTAIN_LETTERS, _TALLEST_LINE, _MARGIN = 0.8, 3, 48, 2


@dataclass(frozen=True)
class Surroundings:
    """What the first frame's screen says on the fan and near it.

    Attributes:
        words: Every line that touches the fan, and the lines nearest to it.
        crossing: Pixels of the fan's box that belong to writing which begins beside the fan.
    """

    words: tuple[Word, ...]
    crossing: Mask


def look_around(
    screen: Image, inside: Mask, corner: tuple[int, int], found: Iterable[Box], on_fan: Mask
) -> Surroundings:
    """Look at the first frame of a clip, and at the letters that the fan's edge cuts in two.

    Args:
        screen: The whole frame in grey.
        inside: The fan in its box.
        corner: Upper left corner (x, y) of the fan's box on the screen.
        found: Boxes of text already found on the fan, in pixels of its box.
        on_fan: What is a stroke beyond doubt by the fan alone, in its box.
    """
    height, width = inside.shape
    aside = round(_BESIDE * max(height, width))
    x0, y0 = max(0, corner[0] - aside), max(0, corner[1] - aside)
    x1, y1 = min(screen.shape[1], corner[0] + width + aside), min(screen.shape[0], corner[1] + height + aside)
    around = np.ascontiguousarray(screen[y0:y1, x0:x1])
    left, top = corner[0] - x0, corner[1] - y0
    fan: Mask = np.zeros(around.shape, dtype=bool)
    window = (slice(top, top + height), slice(left, left + width))
    fan[window] = inside
    strokes = find_strokes(around, np.ones(around.shape, dtype=bool))
    drawn = [box for box in lines_of(strokes) if _is_line(box)]
    ink = strokes.strong | ((around >= _INK_ON_BLACK) & ~fan)
    shifted = [(box[0] + left, box[1] + top, box[2] + left, box[3] + top) for box in found]
    lines = joined([_beyond_the_edge(box, ink, fan) for box in (*shifted, *drawn) if _touches(fan, box)])
    beside = [box for box in drawn if not _touches(fan, box)]
    middle = (left + width / 2, top + height / 2)
    beside.sort(key=lambda box: (_distance(box, middle, (width, height)), box))
    on_fan_words = _read(around, lines[: 2 * _MOST_LINES], (x0, y0), inside_fan=True)
    words = (
        *on_fan_words,
        *_read(around, beside[:_MOST_LINES], (x0, y0), inside_fan=False),
    )
    cut = [area for area in areas_of(strokes) if _is_cut(area, fan)]
    crossing: Mask = painted_area(cut, around.shape)
    crossing[window] |= painted_area(_lone_letters(on_fan, _beside(around, fan)[window] & inside), inside.shape)
    for word in on_fan_words:
        if _is_certain(word):
            a, b, c, d = word.box
            rows = slice(max(0, b - y0 - _MARGIN), d - y0 + _MARGIN)
            crossing[rows, max(0, a - x0 - _MARGIN) : c - x0 + _MARGIN] = True
    return Surroundings(words, crossing[window] & inside)


def _is_certain(word: Word) -> bool:
    """Say whether a word was read so well that it goes whole, strokes found or not: what can be read must not stay."""
    letters = sum(letter.isalnum() for letter in word.text)
    return word.score >= _CERTAIN_SCORE and letters >= _CERTAIN_LETTERS and word.box[3] - word.box[1] <= _TALLEST_LINE


def _beyond_the_edge(box: Box, ink: Mask, fan: Mask) -> Box:
    """Follow a level line over the fan's edge, where its first or last letters stand on the black screen."""
    x0, y0, x1, y1 = box
    tall = y1 - y0
    if x1 - x0 < tall:
        return box
    farthest, blank = _FARTHEST * tall, round(_BLANK * tall)
    columns = np.asarray(ink[y0:y1].any(axis=0), dtype=bool)
    near = max(0, x0 - blank), min(fan.shape[1], x1 + blank)
    if fan[y0:y1, near[0] : near[1]].all():
        return box
    left, right = x0, x1
    while left > max(0, x0 - farthest) and columns[max(0, left - blank) : left].any():
        left = max(0, left - blank) + int(np.argmax(columns[max(0, left - blank) : left]))
    while right < min(fan.shape[1], x1 + farthest) and columns[right : right + blank].any():
        right += int(np.flatnonzero(columns[right : right + blank])[-1]) + 1
    return left, y0, right, y1


def _is_cut(area: Area, fan: Mask) -> bool:
    """Say whether writing lies on both sides of the fan's edge; speckle at the edge has nothing beyond it."""
    x0, y0, x1, y1 = area.box
    x0, y0, x1, y1 = max(0, x0 - _CUT_REACH), max(0, y0 - _CUT_REACH), x1 + _CUT_REACH, y1 + _CUT_REACH
    box = area.box
    on_fan = area.strokes & fan[box[1] : box[3], box[0] : box[2]]
    share = float(on_fan.sum() / max(1, area.strokes.sum()))
    return share <= _MOST_ON_FAN and bool(fan[y0:y1, x0:x1].any())


def _beside(around: Image, fan: Mask) -> Mask:
    """Return the pixels next to ink that stands on the black screen."""
    beyond = ((around >= _INK_ON_BLACK) & ~fan).astype(np.uint8)
    return np.asarray(cv2.dilate(beyond, np.ones((3, 3), dtype=np.uint8)) > 0, dtype=bool)


def _lone_letters(strokes: Mask, at_the_edge: Mask) -> list[Area]:
    """Return single strokes of a letter's size that go on beyond the fan: machines mark the probe's side with one."""
    _, names, statistics, _ = cv2.connectedComponentsWithStats(strokes.astype(np.uint8), connectivity=8)
    areas = []
    for piece in np.unique(names[strokes & at_the_edge]):
        x, y, width, height, _ = (int(value) for value in statistics[piece])
        if _SMALLEST_LETTER <= max(width, height) <= _TALLEST_LETTER and min(width, height) >= _THINNEST_LETTER:
            own = names[y : y + height, x : x + width] == piece
            areas.append(Area((x, y, x + width, y + height), own, 1, float(height), 1.0))
    return areas


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
