"""Tell colour Doppler from a grey picture that the machine tints or that has a coloured mark on it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.clip import Image

_LEVELS = 16
_COLOURED = 28.0
_LEAST_SHARE = 0.01
_SIDE = 256


def has_colour_flow(rgb: Image | None, mask: NDArray[np.bool_]) -> bool:
    """Say whether at least one pixel in a hundred inside the fan has a colour that its brightness does not explain.

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
            excess[chosen] = np.abs(colour - np.median(colour, axis=0)).max(axis=1) > _COLOURED
    return bool(excess.mean() > _LEAST_SHARE)
