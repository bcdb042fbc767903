"""Paint over marks from what lies around them; every other pixel stays as it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_RADIUS = 3
_MARGIN = 8


def inpainted(picture: Image, marks: Mask, inside: Mask) -> Image:
    """Return a copy of ``picture`` (grey or colour) with the ``marks`` painted over.

    The black around the fan is not used as a source, so that no dark edge grows into it.
    """
    result = np.array(picture, dtype=np.uint8, copy=True)
    marks = marks & inside
    if not marks.any():
        return result
    unknown = (marks | ~inside).astype(np.uint8)
    joined = cv2.dilate(marks.astype(np.uint8), np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), dtype=np.uint8))
    count, _, statistics, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for x, y, width, height, _ in statistics[1:count]:
        window = np.s_[y : y + height, x : x + width]
        part, hidden, chosen = result[window], unknown[window], marks[window]
        if hidden.all():
            part[chosen] = 0
            continue
        painted = cv2.inpaint(np.ascontiguousarray(part), np.ascontiguousarray(hidden), _RADIUS, cv2.INPAINT_TELEA)
        part[chosen] = painted[chosen]
    return result
