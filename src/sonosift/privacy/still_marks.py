"""What stands still over a clip: the darkest a pixel ever was keeps the overlay and loses the living speckle."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

WINDOW = 8
"""Frames that are looked at together: text that stays for as long is found even where it is faint."""


def darkest(pictures: Sequence[Image]) -> Image:
    """Return the smallest value of each pixel over time; one picture is in memory besides the result."""
    lowest = np.array(pictures[0], dtype=np.uint8, copy=True)
    for position in range(1, len(pictures)):
        cv2.min(lowest, pictures[position], dst=lowest)
    return lowest


def windows(count: int) -> list[range]:
    """Cut a clip into windows; a rest too short to stand alone belongs to the last one.

    >>> windows(19), windows(3), windows(1)
    ([range(0, 8), range(8, 19)], [range(0, 3)], [range(0, 1)])
    """
    starts = list(range(0, max(1, count - WINDOW // 2), WINDOW))
    return [range(start, end) for start, end in zip(starts, [*starts[1:], count], strict=True)]
