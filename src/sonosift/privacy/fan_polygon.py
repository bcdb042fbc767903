"""A fan's mask as a short list of corner points, for the catalog and for templates that a person may edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.fan import Fan

Mask = NDArray[np.bool_]

BETWEEN_POLYGONS = (-1, -1)
"""Stands between the polygons of a screen that shows two pictures."""

_LEAST_OVERLAP = 0.996
_SPREADS = (3.0, 2.0, 1.5, 1.0, 0.75, 0.5)


def polygon_of(mask: Mask) -> list[int]:
    """Return the corners ``x0, y0, x1, y1, …`` of each connected area of ``mask``, largest first.

    The corners are as few as let ``mask_of`` draw the mask again with an overlap (intersection over union) of at
    least 0.995. Holes are filled.

    >>> square = np.zeros((40, 40), dtype=bool)
    >>> square[10:30, 5:35] = True
    >>> sorted(zip(*[iter(polygon_of(square))] * 2))
    [(5, 10), (5, 29), (34, 10), (34, 29)]
    """
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outlines = sorted(outlines, key=lambda outline: (-cv2.contourArea(outline), outline.ravel().tolist()))
    numbers: list[int] = []
    for outline in outlines:
        if numbers:
            numbers += BETWEEN_POLYGONS
        numbers += _fewest_corners(outline)
    return numbers


def mask_of(polygon: Sequence[int], height: int, width: int) -> Mask:
    """Draw the polygons of ``polygon_of`` on an image of this size; their corners belong to the mask."""
    canvas = np.zeros((height, width), dtype=np.uint8)
    for corners in separate_polygons(polygon):
        cv2.fillPoly(canvas, [corners], 1)
    return canvas > 0


def drawn_fan(polygon: Sequence[int], shape: tuple[int, ...]) -> Fan:
    """Return the fan of these corners on a screen of this shape, surely known; two polygons are a dual screen.

    >>> drawn_fan([2, 1, 5, 1, 5, 3, 2, 3], (6, 8)).box
    (2, 1, 6, 4)
    """
    mask = mask_of(polygon, shape[0], shape[1])
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return Fan(mask, box, 1.0, parts=len(list(separate_polygons(polygon))))


def separate_polygons(polygon: Sequence[int]) -> Iterator[NDArray[np.int32]]:
    """Yield the corners ``[n, 2]`` of each of the polygons."""
    corners = np.asarray(polygon, dtype=np.int32).reshape(-1, 2)
    cuts = np.flatnonzero((corners == BETWEEN_POLYGONS).all(axis=1))
    for part in np.split(corners, cuts):
        kept = part[(part != BETWEEN_POLYGONS).any(axis=1)]
        if len(kept):
            yield np.ascontiguousarray(kept)


def _fewest_corners(outline: cv2.typing.MatLike) -> list[int]:
    x, y, width, height = cv2.boundingRect(outline)
    truth = _drawn(outline, x, y, height, width)
    for spread in _SPREADS:
        corners = cv2.approxPolyDP(outline, spread, closed=True)
        drawn = _drawn(corners, x, y, height, width)
        if (truth & drawn).sum() >= _LEAST_OVERLAP * (truth | drawn).sum():
            return [int(number) for number in corners.ravel()]
    return [int(number) for number in outline.ravel()]


def _drawn(outline: cv2.typing.MatLike, x: int, y: int, height: int, width: int) -> Mask:
    canvas = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(canvas, [np.asarray(outline, dtype=np.int32)], 1, offset=(-x, -y))
    return canvas > 0
