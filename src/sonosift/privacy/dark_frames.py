"""Frames of a clip that show nothing in the fan: those that a film fades in from black or out to it.

They teach nothing, all look alike, and hide what is drawn over the others: text is looked for in the darkest value that
a pixel ever has, and one black frame makes that black everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_LEAST_RANGE = 12
"""Grey levels; a codec leaves less on black."""
_LEAST_SHARE = 0.1
_SIDE = 128
"""So many rows or columns are looked at."""


def least_range(pictures: Sequence[Image], inside: Mask) -> float:
    """Return the range of greys that a frame must show to be kept; 0 where none of ``pictures`` shows more than noise.

    Args:
        pictures: Some frames of the clip.
        inside: The fan.
    """
    most = max(range_of_greys(picture, inside) for picture in pictures)
    return max(_LEAST_RANGE, _LEAST_SHARE * most) if most >= _LEAST_RANGE else 0.0


def range_of_greys(picture: Image, inside: Mask) -> float:
    """Return how far apart the dark and the bright greys in the fan are, its outermost hundredths left aside."""
    step = max(1, min(picture.shape) // _SIDE)
    seen = picture[::step, ::step][inside[::step, ::step]]
    if not len(seen):
        return 0.0
    low, high = np.quantile(seen, (0.01, 0.99))
    return float(high - low)
