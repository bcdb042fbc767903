"""What the focal-liver-lesion paper does to its pictures; both steps are off unless asked for."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from sonosift.archive.clip import Image

NEAR_FIELD_SHARE = 0.2
WANTED_MEDIAN = 70.0
_BLACK = 10


def rescaled(picture: Image) -> Image:
    """Multiply a picture by 70 / m, where m is the median of the non-zero pixels in the top fifth of its rows.

    A picture whose near field is black stays as it is; values beyond 255 are cut.
    """
    top = picture[: max(1, round(NEAR_FIELD_SHARE * len(picture)))]
    lit = top[top > 0]
    if not len(lit):
        return picture
    steps = np.arange(256) * (WANTED_MEDIAN / float(np.median(lit)))
    table = steps.round().clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table), dtype=np.uint8)


def content_box(pictures: Iterable[Image]) -> tuple[int, int, int, int] | None:
    """Return the box (x0, y0, x1, y1) that holds everything that is not black in any of the pictures.

    >>> content_box([np.pad(np.full((2, 3), 90, np.uint8), ((1, 4), (2, 0)))])
    (2, 1, 5, 3)
    """
    brightest: Image | None = None
    for picture in pictures:
        brightest = picture if brightest is None else np.maximum(brightest, picture)
    if brightest is None:
        return None
    rows, columns = np.flatnonzero((brightest > _BLACK).any(1)), np.flatnonzero((brightest > _BLACK).any(0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
