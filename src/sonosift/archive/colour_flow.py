"""Tell colour Doppler from a grey picture that the machine tints or that has a coloured mark on it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.clip import Image

_RED = 48.0
"""Excess of Cr: blood towards the probe has some 90, a yellow or amber annotation less than 40."""
_BLUE = 30.0
_NEUTRAL = 128.0
_LEAST_SHARE = 0.0012
_DARK = 30.0
_NEARLY_WHITE = 235.0
_SIDE = 256


def has_colour_flow(rgb: Image | None, mask: NDArray[np.bool_]) -> bool:
    """Say whether some of the fan is red or blue beyond what its brightness explains.

    A tint colours each grey in proportion to its brightness, so the tint that most of the fan has is taken off first.
    """
    if rgb is None:
        return False
    step = max(1, max(mask.shape) // _SIDE)
    inside = np.ascontiguousarray(mask[::step, ::step])
    if not inside.any():
        return False
    planes = cv2.cvtColor(np.ascontiguousarray(rgb[::step, ::step]), cv2.COLOR_RGB2YCrCb)[inside].astype(np.float32)
    brightness, colour = planes[:, :1], planes[:, 1:] - _NEUTRAL
    telling = (brightness > _DARK)[:, 0]
    tint = np.median(colour[telling] / brightness[telling], axis=0) if telling.any() else np.zeros(2)
    red, blue = (colour - tint * brightness).T
    # Some machines fade their tint out near white, where no blood is shown.
    excess = ((red > _RED) | (blue > _BLUE)) & (brightness[:, 0] < _NEARLY_WHITE)
    return bool(excess.mean() > _LEAST_SHARE)
