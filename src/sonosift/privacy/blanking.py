"""Black out everything outside the fan."""

from __future__ import annotations

import cv2
import numpy as np

from sonosift.archive.clip import Image
from sonosift.privacy.fan import Fan


def blanked_crop(picture: Image, fan: Fan) -> Image:
    """Return the part of ``picture`` in the fan's box, black outside the fan; the fan's pixels are unchanged."""
    x0, y0, x1, y1 = fan.box
    mask = fan.mask[y0:y1, x0:x1].astype(np.uint8)
    cropped = np.ascontiguousarray(picture[y0:y1, x0:x1])
    return cv2.bitwise_and(cropped, cropped, mask=mask).astype(np.uint8, copy=False)
