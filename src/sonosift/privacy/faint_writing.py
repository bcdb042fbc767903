"""Writing too pale to be a stroke: detail finer than the tissue's own grain, dense as letters are, that can be read.

A scan's grain is as wide as its beam, and scan conversion smooths what is finer; letters, however pale, have edges of
one pixel. So their detail stands out where their grey does not, in any direction, and only few places have to be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.text_reader import read_cut

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

_FINEST = 0.8
_MOST_DETAIL = 25.0
"""Ink and the edge of a bright reflector count alike: it is how much of a place is fine that tells letters."""
_WINDOW = 9
_LEAST, _DENSE_TIMES, _PALE_INK, _ABOVE_GRAIN = 9.0, 13.0, 45.0, 1.15
_BESIDE, _ABOVE_USUAL = 0.42, 1.3
_EDGE, _BESIDE_KNOWN, _LEAST_NEW, _LEAST_REST = 7, 9, 60, 15
_SHORTEST, _LOWEST, _HIGHEST, _TIGHT = 14, 8, 64, 0.75
_MOST_PLACES = 8
_FEWEST_LETTERS, _READ_SCORE, _READ_SURELY = 3, 0.6, 2.4
_STEP, _MOST_STEPS = 1.5, 8
_OF_A_LINE, _MARGIN = 0.2, 2
_LOWEST_CUT, _SHORTEST_CUT, _LONGEST_CUT, _LEAST_UPRIGHT, _ONE_EDGE = 7, 1.4, 20, 0.22, 100.0


@dataclass(frozen=True)
class _Line:
    """A turned box: its middle, its longer and its shorter side, and the longer side's angle in degrees."""

    x: float
    y: float
    length: float
    height: float
    angle: float

    def longer(self, way: int) -> _Line:
        """Return the box with more of its line at its beginning (-1) or its end (1)."""
        more = _STEP * self.height
        turn = np.deg2rad(self.angle)
        x, y = self.x + way * more / 2 * float(np.cos(turn)), self.y + way * more / 2 * float(np.sin(turn))
        return replace(self, x=x, y=y, length=self.length + more)

    def cut(self, picture: Image) -> Image:
        """Return the line, level, without what is above and below its letters."""
        wide, high = round(self.length), round(self.height)
        turn = cv2.getRotationMatrix2D((self.x, self.y), self.angle, 1.0)
        turn[:, 2] += np.array([wide / 2 - self.x, high / 2 - self.y])
        line = cv2.warpAffine(picture, turn, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        rows = (_detail(np.asarray(line, dtype=np.uint8)) ** 2).mean(axis=1)
        shown = np.flatnonzero(rows > _OF_A_LINE * rows.max())
        return np.asarray(line[max(0, shown[0] - _MARGIN) : shown[-1] + 1 + _MARGIN], dtype=np.uint8)

    def corners(self) -> NDArray[np.int32]:
        """Return its corners in whole pixels."""
        points = cv2.boxPoints(((self.x, self.y), (self.length, self.height), self.angle))
        return np.rint(points).astype(np.int32)


def find_faint_writing(picture: Image, inside: Mask, known: Mask) -> Mask:
    """Return the areas of lines in any direction that can be read by their fine detail.

    Args:
        picture: In grey.
        inside: The fan; its edge is no writing.
        known: What is painted over already: a line that lies in it whole is not looked at again.
    """
    found = np.zeros(picture.shape, dtype=np.uint8)
    if min(picture.shape) < _WINDOW:
        return found > 0
    free = cv2.erode(inside.astype(np.uint8), _square(_EDGE), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    if not free.any():
        return found > 0
    covered = cv2.dilate(known.astype(np.uint8), _square(_BESIDE_KNOWN)) > 0
    for line in _dense_places(_density(picture, free), free, covered):
        whole = _read_whole(picture, line)
        if whole is not None:
            cv2.fillPoly(found, [whole.corners()], 1)
    return (found > 0) & inside


def _detail(picture: Image) -> Floats:
    """Return what of a picture is finer than tissue."""
    values = picture.astype(np.float32)
    detail = values - cv2.GaussianBlur(values, (0, 0), _FINEST)
    return np.asarray(np.clip(detail, -_MOST_DETAIL, _MOST_DETAIL), dtype=np.float32)


def _density(picture: Image, free: Mask) -> Floats:
    """Return the mean square of the finest detail around each pixel."""
    weight = free.astype(np.float32)
    share = cv2.blur(weight, (_WINDOW, _WINDOW))
    detail = _detail(picture) * weight
    return np.asarray(cv2.blur(detail * detail, (_WINDOW, _WINDOW)) / np.maximum(share, 0.25), dtype=np.float32)


def _dense_places(density: Floats, free: Mask, covered: Mask) -> Iterator[_Line]:
    """Yield dense places of a line's size that are not all covered, those first that have most to them."""
    usual, much, most = np.quantile(density[free][::3], [0.5, 0.9, 0.99])
    # In fine grain, as that of linear probes, pale ink is only a little denser than the densest speckle.
    least = max(_LEAST, min(_DENSE_TIMES * usual, max(_PALE_INK, _ABOVE_GRAIN * most)))
    dense = density > least
    beside = (density > max(_BESIDE * least, _ABOVE_USUAL * much)).astype(np.uint8)
    _, names, facts, _ = cv2.connectedComponentsWithStats(beside, connectivity=8)
    weight = np.bincount(names[dense & ~covered], minlength=len(facts))
    # What is left of a line that was found in part may be half a letter.
    enough = np.where(np.bincount(names[dense & covered], minlength=len(facts)) > weight, _LEAST_REST, _LEAST_NEW)
    weight[0] = 0
    for number in np.argsort(-weight)[:_MOST_PLACES]:
        x, y, width, height, _ = (int(value) for value in facts[number])
        if weight[number] < enough[number] or max(width, height) < _SHORTEST:
            continue
        rows, columns = np.nonzero(names[y : y + height, x : x + width] == number)
        (right, down), size, angle = cv2.minAreaRect(np.stack([columns + x, rows + y], axis=1).astype(np.float32))
        if size[0] * size[1] > _TIGHT * width * height:
            right, down, size, angle = x + (width - 1) / 2, y + (height - 1) / 2, (float(width), float(height)), 0.0
        if _LOWEST <= min(size) <= _HIGHEST:
            yield _Line(right, down, max(size), min(size), angle + 90 * (size[1] > size[0]))


def _read_whole(picture: Image, line: _Line) -> _Line | None:
    """Return the line with all of its letters, or None where there are none: it goes on while more of it is read."""
    if not _may_be_letters(line.cut(picture)):
        return None
    score, letters, turned = max((*_letters(picture, line, turned), turned) for turned in (False, True))
    # Three letters must be read with some certainty, four need less.
    if letters < _FEWEST_LETTERS or score < _READ_SCORE or score * letters < _READ_SURELY:
        return None
    for way in (-1, 1):
        for _ in range(_MOST_STEPS):
            more = line.longer(way)
            score, count = _letters(picture, more, turned)
            if score < _READ_SCORE or count <= letters:
                break
            line, letters = more, count
    return line


def _may_be_letters(cut: Image) -> bool:
    """Say whether a level line has upright strokes: layers of tissue and drawn lines only go along it."""
    high, wide = cut.shape
    if high < _LOWEST_CUT or not _SHORTEST_CUT * high <= wide <= _LONGEST_CUT * high:
        return False
    across, along = (cv2.Scharr(cut, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    weight = np.minimum(1.0, _ONE_EDGE / np.maximum(np.hypot(across, along), 1.0)) ** 2
    upright, level = float((weight * across**2).sum()), float((weight * along**2).sum())
    return upright >= _LEAST_UPRIGHT * (upright + level)


def _letters(picture: Image, line: _Line, turned: bool) -> tuple[float, int]:
    """Return how sure the reader is, and how many letters and figures it reads, upside down if asked."""
    cut = line.cut(picture)
    text, score = read_cut(np.ascontiguousarray(cut[::-1, ::-1] if turned else cut))
    return score, sum(sign.isalnum() for sign in text)


def _square(side: int) -> NDArray[np.uint8]:
    return np.ones((side, side), dtype=np.uint8)
