"""Frames as 32x32 pixels: what a method sees that has learnt nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 32


def shrink(frames: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.float32]:
    """Average ``frames [n, H, W]`` down to ``side x side`` and flatten them, values in 0..1.

    >>> shrink(np.full((2, 64, 64), 255, dtype=np.uint8)).shape
    (2, 1024)
    """
    import cv2

    small = np.empty((len(frames), side * side), dtype=np.float32)
    for row, frame in enumerate(frames):
        # Pixel averages over areas: exact block means when the size divides.
        small[row] = cv2.resize(frame.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA).reshape(-1)
    return small / 255.0
