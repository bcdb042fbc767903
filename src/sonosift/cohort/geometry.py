"""Between the picture that the machine made and the frame that the cohort keeps: pixels, points, boxes, masks, lengths.

Coordinates are those of pixel edges: the first pixel reaches from 0 to 1, its centre is 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]
Shape = tuple[int, int]
"""Height and width in pixels."""


@dataclass(frozen=True)
class FrameGeometry:
    """Where a frame lies in its source, as the catalog's columns of the same names say.

    >>> geometry = FrameGeometry(480, 640, 100, 0, 480, 480, 0.5, 0, 8, mm_per_pixel=0.2)
    >>> geometry.to_frame([[100, 0], [340, 240]]).tolist()
    [[0.0, 8.0], [120.0, 128.0]]
    >>> geometry.frame_mm_per_pixel
    0.4
    """

    source_height: int
    source_width: int
    crop_x: int
    crop_y: int
    crop_w: int
    crop_h: int
    scale: float
    pad_x: int
    pad_y: int
    mm_per_pixel: float | None = None

    @classmethod
    def around(
        cls, box: tuple[int, int, int, int], frame: Shape, source: Shape, mm_per_pixel: float | None = None
    ) -> FrameGeometry:
        """Place the box (x0, y0, x1, y1) of the source as large as it fits into the frame, undistorted, in the middle.

        >>> FrameGeometry.around((10, 20, 110, 70), (64, 64), (480, 640)).scale
        0.64
        """
        x0, y0, x1, y1 = box
        width, height = x1 - x0, y1 - y0
        scale = min(frame[0] / height, frame[1] / width)
        stored_h, stored_w = _scaled(height, scale, frame[0]), _scaled(width, scale, frame[1])
        pads = (frame[1] - stored_w) // 2, (frame[0] - stored_h) // 2
        return cls(*source, x0, y0, width, height, scale, *pads, mm_per_pixel)

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> FrameGeometry:
        """Take the columns from one row of the catalog (``catalog.row(i, named=True)``)."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    @property
    def frame_mm_per_pixel(self) -> float | None:
        """Millimetres per pixel of the stored frame, or None where the source does not say."""
        return None if self.mm_per_pixel is None else self.mm_per_pixel / self.scale

    def letterboxed(self, crop: Image, frame: Shape) -> Image:
        """Scale the crop, already cut out of the source, to its place in a frame of this shape, black around it."""
        import cv2

        height, width = _scaled(self.crop_h, self.scale, frame[0]), _scaled(self.crop_w, self.scale, frame[1])
        how = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        stored = np.zeros(frame, dtype=np.uint8)
        stored[self.pad_y : self.pad_y + height, self.pad_x : self.pad_x + width] = cv2.resize(
            crop, (width, height), interpolation=how
        )
        return stored

    def to_frame(self, points: npt.ArrayLike) -> Points:
        """Map points ``[n, 2]`` (x, y), or boxes ``[n, 4]`` (x0, y0, x1, y1), from the source to the frame."""
        given = _pairs(points)
        return np.asarray((given - [self.crop_x, self.crop_y]) * self.scale + [self.pad_x, self.pad_y]).reshape(
            np.shape(points)
        )

    def to_source(self, points: npt.ArrayLike) -> Points:
        """Map points ``[n, 2]`` (x, y), or boxes ``[n, 4]`` (x0, y0, x1, y1), from the frame to the source."""
        given = _pairs(points)
        return np.asarray((given - [self.pad_x, self.pad_y]) / self.scale + [self.crop_x, self.crop_y]).reshape(
            np.shape(points)
        )

    def mask_to_frame(self, mask: npt.NDArray[np.bool_], frame: Shape) -> npt.NDArray[np.bool_]:
        """Map a mask of the source to a frame of this shape: each pixel takes the value under its centre."""
        cropped = np.zeros_like(mask)
        cropped[self._window] = mask[self._window]
        height, width = frame
        x = self.to_source(np.stack([np.arange(width) + 0.5, np.zeros(width)], axis=1))[:, 0]
        y = self.to_source(np.stack([np.zeros(height), np.arange(height) + 0.5], axis=1))[:, 1]
        return _sampled(cropped, x, y)

    def mask_to_source(self, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Map a mask of the frame to the source; what lies outside the crop is not masked."""
        centres_x, centres_y = np.arange(self.source_width) + 0.5, np.arange(self.source_height) + 0.5
        x = self.to_frame(np.stack([centres_x, np.zeros(self.source_width)], axis=1))[:, 0]
        y = self.to_frame(np.stack([np.zeros(self.source_height), centres_y], axis=1))[:, 1]
        sampled = _sampled(mask, x, y)
        source = np.zeros_like(sampled)
        source[self._window] = sampled[self._window]
        return source

    @property
    def _window(self) -> tuple[slice, slice]:
        return (
            slice(self.crop_y, self.crop_y + self.crop_h),
            slice(self.crop_x, self.crop_x + self.crop_w),
        )


def _scaled(length: int, scale: float, most: int) -> int:
    return min(most, max(1, round(length * scale)))


def _pairs(points: npt.ArrayLike) -> Points:
    return np.asarray(points, dtype=np.float64).reshape(-1, 2)


def _sampled(mask: npt.NDArray[np.bool_], x: Points, y: Points) -> npt.NDArray[np.bool_]:
    height, width = mask.shape
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    known = ((row >= 0) & (row < height))[:, None] & ((column >= 0) & (column < width))[None]
    values = mask[np.clip(row, 0, height - 1)[:, None], np.clip(column, 0, width - 1)[None]]
    return np.asarray(values & known)
