"""Tell colour Doppler from a grey picture that the machine tints or that has a coloured mark on it.

Colour is there while a frame is decoded; what is written on it is known when the whole clip has been studied. So the
places that are red or blue are noted first, and judged later without those that turned out to be writing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.clip import Image

Mask = NDArray[np.bool_]

_RED = 48.0
"""Excess of Cr: blood towards the probe has some 90, a yellow or amber annotation less than 40."""
_BLUE = 30.0
_NEUTRAL = 128.0
_LEAST_SHARE = 0.0012
_DARK = 30.0
_NEARLY_WHITE = 235.0
_SIDE = 256
_FRINGE = 5
"""Letters have a fringe of their own colour, wider than their strokes where a codec halves the colour's resolution."""


@dataclass(frozen=True)
class RedAndBlue:
    """Where one picture is red or blue, on a grid of every ``step``-th pixel.

    Attributes:
        places: Positions on the grid, row after row; a few kilobytes even where all is flow.
        inside: Points of the grid in the fan.
        step: Distance of the grid's points in pixels.
    """

    places: NDArray[np.uint32]
    inside: int
    step: int

    def is_flow(self, written: Mask | None = None) -> bool:
        """Say whether there is more red and blue than chance leaves.

        Args:
            written: What was found to lie over the picture: writing may be in colour too.
        """
        count = len(self.places)
        if count <= _LEAST_SHARE * self.inside:
            return False
        if written is not None and written.any():
            near = cv2.dilate(written.astype(np.uint8), np.ones((_FRINGE, _FRINGE), np.uint8))
            count -= int(np.count_nonzero(near[:: self.step, :: self.step].ravel()[self.places]))
        return count > _LEAST_SHARE * self.inside


NO_COLOUR = RedAndBlue(np.empty(0, dtype=np.uint32), 0, 1)


def red_and_blue(rgb: Image | None, mask: Mask) -> RedAndBlue:
    """Note where the fan is red or blue beyond what its brightness explains.

    A tint colours each grey in proportion to its brightness, so the tint that most of the fan has is taken off first.

    Args:
        rgb: The picture in colour, or a part of it; None where the source is grey.
        mask: The fan in it.
    """
    if rgb is None:
        return NO_COLOUR
    step = max(1, max(mask.shape) // _SIDE)
    inside = np.ascontiguousarray(mask[::step, ::step])
    if not inside.any():
        return NO_COLOUR
    planes = cv2.cvtColor(np.ascontiguousarray(rgb[::step, ::step]), cv2.COLOR_RGB2YCrCb)[inside].astype(np.float32)
    brightness, colour = planes[:, :1], planes[:, 1:] - _NEUTRAL
    telling = (brightness > _DARK)[:, 0]
    tint = np.median(colour[telling] / brightness[telling], axis=0) if telling.any() else np.zeros(2)
    red, blue = (colour - tint * brightness).T
    # Some machines fade their tint out near white, where no blood is shown.
    excess = ((red > _RED) | (blue > _BLUE)) & (brightness[:, 0] < _NEARLY_WHITE)
    return RedAndBlue(np.flatnonzero(inside)[excess].astype(np.uint32), len(excess), step)
