"""A picture cut at one grey level: the pieces that stand alone there, their pixels, and the ring around each.

What is drawn over a picture is searched for in such pieces; strokes and rows of letters differ in which pieces they
want and what they ask of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Places = NDArray[np.intp]

_IN_SIXTEEN_BITS = 65_535
_SQUARE = np.ones((3, 3), dtype=np.uint8)
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)).astype(np.uint8)


@dataclass(frozen=True)
class GreyCut:
    """The wanted pieces at one level; pixels are places in the picture's flat array, pieces count from 0.

    Attributes:
        level: The least grey of a piece.
        above: Every pixel that bright, of wanted pieces or others, as 0 and 1.
        boxes: x, y, width and height of each piece, ``[n, 4]``.
        own: The pixels of all pieces.
        own_piece: Which piece each of them belongs to.
        ring: The pixels two steps around the pieces that are not as bright.
        ring_piece: Which piece each of them lies around.
    """

    level: int
    above: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    own: Places
    own_piece: Places
    ring: Places
    ring_piece: Places

    def means(self, pieces: Places, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the mean of the values that belong to each piece; 0 for a piece without any."""
        count = len(self.boxes)
        sums = np.bincount(pieces, values.astype(np.float64), count)
        return np.asarray(sums / np.maximum(np.bincount(pieces, minlength=count), 1), dtype=np.float64)

    def rim(self) -> Mask:
        """Say which of the pieces' own pixels lie at their rim."""
        return np.asarray(cv2.erode(self.above, _SQUARE).ravel()[self.own] == 0)


def cut_at(
    picture: Image,
    inside: Mask,
    level: int,
    wanted: Callable[[NDArray[np.int32]], Mask],
    *,
    fewest: int = 1,
    most: int | None = None,
) -> GreyCut | None:
    """Cut ``picture`` at ``level``.

    Args:
        picture: In grey.
        inside: Pixels that count; all others are as black.
        level: The least grey of a piece.
        wanted: Says which pieces are, from their statistics as of ``cv2.connectedComponentsWithStats``.
        fewest: Fewer pieces are none.
        most: So are more, if given.
    """
    above = ((picture >= level) & inside).view(np.uint8)
    count, names, statistics, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    fits = wanted(np.asarray(statistics, dtype=np.int32))
    fits[0] = False
    chosen = np.flatnonzero(fits)
    if len(chosen) < fewest or (most is not None and len(chosen) > most):
        return None
    numbers: NDArray[Any] = np.zeros(count, dtype=np.uint16 if len(chosen) <= _IN_SIXTEEN_BITS else np.float32)
    numbers[chosen] = np.arange(1, len(chosen) + 1)
    pieces: NDArray[Any] = np.take(numbers, np.asarray(names, dtype=np.int32))
    near = np.asarray(cv2.dilate(pieces, _SQUARE))
    around = np.asarray(cv2.dilate(near, _CROSS))
    # One step away is a letter's soft edge: neither its ink nor its ground.
    ring = np.flatnonzero((around > 0) & (near == 0) & (above == 0) & inside)
    own = np.flatnonzero(pieces)
    return GreyCut(
        level,
        above,
        statistics[chosen, :4].astype(np.float64),
        own,
        pieces.ravel()[own].astype(np.intp) - 1,
        ring,
        around.ravel()[ring].astype(np.intp) - 1,
    )
