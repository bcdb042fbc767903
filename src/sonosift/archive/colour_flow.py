"""Tell colour Doppler from a grey picture that the machine tints or that has a coloured mark on it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.clip import Image

_LEVELS = 16
_RED = 48.0
"""Excess of Cr: blood towards the probe has some 90, a yellow or amber annotation less than 40."""
_BLUE = 30.0
_NEUTRAL = 128.0
_LEAST_SHARE = 0.0012
_SIDE = 256


def has_colour_flow(rgb: Image | None, mask: NDArray[np.bool_]) -> bool:
    """Say whether some of the fan is red or blue beyond what its brightness explains.

    A tint gives each grey level one colour, so the median colour of each level is taken off first.
    """
    if rgb is None:
        return False
    step = max(1, max(mask.shape) // _SIDE)
    inside = np.ascontiguousarray(mask[::step, ::step])
    if not inside.any():
        return False
    planes = cv2.cvtColor(np.ascontiguousarray(rgb[::step, ::step]), cv2.COLOR_RGB2YCrCb)[inside].astype(np.float32)
    levels = (planes[:, 0] / 256 * _LEVELS).astype(np.intp)
    excess = np.zeros(len(planes), dtype=bool)
    for level in range(_LEVELS):
        chosen = levels == level
        if chosen.any():
            colour = planes[chosen, 1:]
            red, blue = (colour - np.median(colour, axis=0)).T
            # Where a yellow mark holds most of a level, white tissue is bluer than the median and still not blue.
            redder, bluer = (colour - _NEUTRAL).T
            excess[chosen] = ((red > _RED) & (redder > _RED / 2)) | ((blue > _BLUE) & (bluer > _BLUE / 2))
    return bool(excess.mean() > _LEAST_SHARE)
