"""Text that is there in some frames of a clip only: found in each frame, and followed into the frames beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.word_areas import Area, painted_area

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_SAME_INK = 14.0
_SAME_SHARE = 0.7


@dataclass(frozen=True)
class Patch:
    """A small mask with its place in the picture."""

    x: int
    y: int
    mask: Mask

    def lay_on(self, marks: Mask) -> None:
        """Add the patch to a mask of the whole picture."""
        height, width = self.mask.shape
        marks[self.y : self.y + height, self.x : self.x + width] |= self.mask


def patch_of(area: Area, inside: Mask) -> Patch:
    """Return the pixels to paint over for one area, without the rest of the picture."""
    return cut_out(painted_area([area], inside.shape) & inside)


def cut_out(whole: Mask) -> Patch:
    """Return a mask without its empty margins."""
    rows, columns = np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))
    if not len(rows):
        return Patch(0, 0, np.zeros((0, 0), dtype=bool))
    y, x = int(rows[0]), int(columns[0])
    return Patch(x, y, whole[y : rows[-1] + 1, x : columns[-1] + 1].copy())


def is_new(area: Area, known: Mask) -> bool:
    """Say whether most of an area's strokes are not covered yet."""
    x0, y0, x1, y1 = area.box
    return bool((area.strokes & ~known[y0:y1, x0:x1]).sum() > _NEW_SHARE * area.strokes.sum())


def shows(picture: Image, area: Area, seen: Image) -> bool:
    """Say whether ``picture`` has the same ink as ``seen`` where the strokes of ``area`` are."""
    x0, y0, x1, y1 = area.box
    here, there = (part[y0:y1, x0:x1][area.strokes].astype(np.float64) for part in (picture, seen))
    return bool((np.abs(here - there) <= _SAME_INK).mean() >= _SAME_SHARE)


_NEW_SHARE = 0.1
