"""Fit a picture into a square without distortion, and keep what is needed to map back to the source."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sonosift.archive.clip import Image


@dataclass(frozen=True)
class Letterbox:
    """Where a crop of the source lies in the stored square.

    A source point (x, y) is stored at ``((x - crop_x) * scale + pad_x, (y - crop_y) * scale + pad_y)``.
    """

    size: int
    crop_x: int
    crop_y: int
    crop_w: int
    crop_h: int
    scale: float
    pad_x: int
    pad_y: int

    @classmethod
    def around(cls, box: tuple[int, int, int, int], size: int) -> Letterbox:
        """Place the box (x0, y0, x1, y1) as large as it fits, in the middle.

        >>> Letterbox.around((10, 20, 110, 70), 64).scale
        0.64
        """
        x0, y0, x1, y1 = box
        width, height = x1 - x0, y1 - y0
        scale = size / max(width, height)
        stored_w, stored_h = _stored(width, scale, size), _stored(height, scale, size)
        return cls(size, x0, y0, width, height, scale, (size - stored_w) // 2, (size - stored_h) // 2)

    def apply(self, crop: Image) -> Image:
        """Scale the crop (already cut out of the source) into the square, black around it."""
        width, height = _stored(self.crop_w, self.scale, self.size), _stored(self.crop_h, self.scale, self.size)
        how = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        square = np.zeros((self.size, self.size), dtype=np.uint8)
        square[self.pad_y : self.pad_y + height, self.pad_x : self.pad_x + width] = cv2.resize(
            crop, (width, height), interpolation=how
        )
        return square


def _stored(length: int, scale: float, size: int) -> int:
    return min(size, max(1, round(length * scale)))
