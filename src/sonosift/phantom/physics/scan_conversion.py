"""From lines of sound to an image: each pixel looks up its place among the lines (maps are kept)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.phantom.physics.arrays import BoolArray, ByteArray, FloatArray
from sonosift.phantom.physics.fan_mask import fan_mask, polar_position
from sonosift.phantom.physics.geometry import Geometry


@dataclass(frozen=True)
class ScanConverter:
    """Maps from an image back to a polar grid of ``rows`` depths and ``lines`` lines."""

    line_of_pixel: FloatArray
    row_of_pixel: FloatArray
    fan: BoolArray

    def grey(self, polar: ByteArray) -> ByteArray:
        """Interpolate grey values; black outside the fan."""
        image = cv2.remap(
            polar, self.line_of_pixel, self.row_of_pixel, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(image * self.fan, dtype=np.uint8)

    def codes(self, polar: NDArray[Any], outside: int) -> NDArray[Any]:
        """Carry tissue codes over without mixing them; ``outside`` the fan."""
        image = cv2.remap(
            polar, self.line_of_pixel, self.row_of_pixel, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
        )
        image[~self.fan] = outside
        return np.asarray(image)


@lru_cache(maxsize=12)
def scan_converter(geometry: Geometry, size: tuple[int, int], rows: int, lines: int) -> ScanConverter:
    """Build (or reuse) the converter of a polar grid to an image of ``size`` (height, width)."""
    depth, steering = polar_position(geometry, size)
    return ScanConverter(
        (steering + 1.0) * np.float32(lines / 2.0) - np.float32(0.5),
        depth * np.float32(rows) - np.float32(0.5),
        fan_mask(geometry, size),
    )
