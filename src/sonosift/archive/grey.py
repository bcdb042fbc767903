"""From whatever a decoder returns to grey bytes, with the colour kept aside where there is any."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.clip import Image

_COLOUR_STEP = 12
"""JPEG's chroma noise on a grey picture stays below this difference between channels."""


def split_colour(rgb: Image) -> tuple[Image, Image | None]:
    """Return the grey picture, and the RGB picture too if it holds visible colour.

    A pixel with three equal channels keeps its exact value.
    """
    red, green, blue = cv2.split(np.ascontiguousarray(rgb))
    spread = cv2.max(cv2.absdiff(red, green), cv2.absdiff(green, blue))
    if int(spread.max()) == 0:
        return np.asarray(red, dtype=np.uint8), None
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    coloured = int(spread.max()) > _COLOUR_STEP
    return grey, (np.ascontiguousarray(rgb) if coloured else None)


def to_bytes(pixels: NDArray[np.generic], bits_stored: int, window: tuple[float, float] | None) -> Image:
    """Scale pixels of any depth to 8 bits: through the window (centre, width) if the header has one.

    >>> to_bytes(np.array([[0, 4095]], dtype=np.uint16), 12, None).tolist()
    [[0, 255]]
    """
    if pixels.dtype == np.uint8 and window is None:
        if bits_stored == 8:
            return pixels.astype(np.uint8, copy=False)
        widened: Image = (pixels * (255.0 / (2**bits_stored - 1))).round().clip(0, 255).astype(np.uint8)
        return widened
    values = pixels.astype(np.float32)
    if window is not None:
        centre, width = window
        low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    elif np.issubdtype(pixels.dtype, np.signedinteger):
        low, high = -float(2 ** (bits_stored - 1)), float(2 ** (bits_stored - 1) - 1)
    else:
        low, high = 0.0, float(2**bits_stored - 1)
    scaled: Image = ((values - low) * (255.0 / max(high - low, 1.0))).round().clip(0, 255).astype(np.uint8)
    return scaled
