"""Paint over marks from what lies around them; every other pixel stays as it is."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_RADIUS = 3
_MARGIN = 8
_RIM, _BRIGHT = 3, 0.9


def inpainted(picture: Image, marks: Mask, inside: Mask) -> Image:
    """Return a copy of ``picture`` (grey or colour) with the ``marks`` painted over.

    The black around the fan is not used as a source, so that no dark edge grows into it. Close to the fan's edge paint
    is no brighter than what lies beside it as close to the edge: the outline may be wider by a pixel or two than the
    picture.
    """
    result = np.array(picture, dtype=np.uint8, copy=True)
    marks = marks & inside
    if not marks.any():
        return result
    unknown = (marks | ~inside).astype(np.uint8)
    rims = _rims(inside) if (marks & ~_without_rim(inside, _RIM)).any() else []
    joined = cv2.dilate(marks.astype(np.uint8), np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), dtype=np.uint8))
    count, _, statistics, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for x, y, width, height, _ in statistics[1:count]:
        window = np.s_[y : y + height, x : x + width]
        part, hidden, chosen = result[window], unknown[window], marks[window]
        if hidden.all():
            part[chosen] = 0
            continue
        known, gaps = np.ascontiguousarray(part), np.ascontiguousarray(hidden)
        painted = np.asarray(cv2.inpaint(known, gaps, _RADIUS, cv2.INPAINT_TELEA), dtype=np.uint8)
        for rim in rims:
            _dim(painted, rim[window], chosen)
        part[chosen] = painted[chosen]
    return result


def _without_rim(inside: Mask, depth: int) -> Mask:
    square = np.ones((2 * depth + 1, 2 * depth + 1), dtype=np.uint8)
    eroded = cv2.erode(inside.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(eroded > 0, dtype=bool)


def _rims(inside: Mask) -> list[Mask]:
    """Return the pixels that are the first, second and third from the edge."""
    left = [inside, *(_without_rim(inside, depth) for depth in range(1, _RIM + 1))]
    return [outer & ~inner for outer, inner in pairwise(left)]


def _dim(painted: Image, rim: Mask, chosen: Mask) -> None:
    known, new = painted[rim & ~chosen], rim & chosen
    if len(known):
        brightest = np.quantile(known, _BRIGHT, axis=0).astype(np.uint8)
        painted[new] = np.minimum(painted[new], brightest)
