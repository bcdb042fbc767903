"""The fan of a scan on its image, drawn from the geometry alone."""

from __future__ import annotations

import numpy as np

from sonosift.phantom.physics.arrays import BoolArray, FloatArray
from sonosift.phantom.physics.geometry import Geometry


def polar_position(geometry: Geometry, size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return for every pixel its depth and its steering, as shares of the scan (0..1 and -1..1 inside)."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    right, down = columns - np.float32(geometry.apex_x), rows - np.float32(geometry.apex_y)
    if geometry.kind == "linear":
        return down / np.float32(geometry.depth), right / np.float32(geometry.half_width)
    distance = np.sqrt(right * right + down * down)
    angle = np.arctan2(right, down)
    return (distance - np.float32(geometry.radius)) / np.float32(geometry.depth), angle / np.float32(
        geometry.half_angle
    )


def fan_mask(geometry: Geometry, size: tuple[int, int]) -> BoolArray:
    """Return which pixels of an image of ``size`` (height, width) lie in the fan."""
    depth, steering = polar_position(geometry, size)
    return np.asarray((depth >= 0) & (depth <= 1) & (np.abs(steering) <= 1))
