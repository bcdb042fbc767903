"""The wall of the trunk: skin, fat, muscle, ribs, and the lung that fills the chest above the diaphragm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sonosift.phantom.anatomy.shapes import Ellipsoid
from sonosift.phantom.physics.arrays import FloatArray, Vector
from sonosift.phantom.physics.sections import Points


@dataclass(frozen=True)
class Layer:
    """Everything nearer to the skin than ``depth`` mm, with a slow wave in the boundary."""

    depth: float
    wave_mm: float
    phase: float

    def bounds(self) -> None:
        """Return nothing: a layer has no end."""

    def distance(self, points: Points) -> FloatArray:
        """Return how far below the layer a point lies."""
        wave = np.sin(points.skin_x * np.float32(0.045) + np.float32(self.phase)) + np.sin(
            points.skin_z * np.float32(0.06) + np.float32(2.0 * self.phase)
        )
        return np.asarray(points.layer - np.float32(self.depth) - np.float32(self.wave_mm) * wave)


@dataclass(frozen=True)
class Ribs:
    """Slanting bars in the muscle layer, above the costal margin.

    Attributes:
        depth: How deep their middle lies below the skin.
        spacing: From rib to rib along the body.
        offset: Where the first one is.
        half_width: Half of the body, to find the costal margin.
        lowest: Height of the margin at the side of the body.
    """

    depth: float
    spacing: float
    offset: float
    half_width: float
    lowest: float

    def bounds(self) -> None:
        """Return nothing: ribs surround the chest."""

    def distance(self, points: Points) -> FloatArray:
        """Return the distance to the nearest rib's surface."""
        x, y, z = points.skin_x, points.skin_y, points.skin_z
        # Ribs fall towards the front.
        along = z + np.float32(0.45) * y + np.float32(self.offset)
        from_middle = along - np.float32(self.spacing) * np.round(along / np.float32(self.spacing))
        across = (points.layer - np.float32(self.depth)) * np.float32(1.0 / 3.2)
        bar = np.sqrt(np.square(from_middle * np.float32(1.0 / 4.5)) + np.square(across)) - 1.0
        side = np.clip(np.abs(x) / np.float32(self.half_width), 0.0, 1.0)
        margin = np.where(
            y > 0,
            np.float32(self.lowest) + np.float32(85.0) * (1.0 - side * np.sqrt(side)),
            np.float32(self.lowest),
        )
        below_margin = (margin - z) * np.float32(0.2)
        return np.asarray(np.maximum(bar * np.float32(3.5), below_margin))


@dataclass(frozen=True)
class Lung:
    """What is above both domes of the diaphragm."""

    right_dome: Ellipsoid
    left_dome: Ellipsoid

    def bounds(self) -> None:
        """Return nothing: the chest has no upper end here."""

    def distance(self, points: Points) -> FloatArray:
        """Return the distance to the diaphragm, negative on its upper side."""
        below = np.minimum(self.right_dome.distance(points), self.left_dome.distance(points))
        floor = np.float32(min(self.right_dome.centre[2], self.left_dome.centre[2])) - points.z
        return np.asarray(np.maximum(-below, floor))


@dataclass(frozen=True)
class Trunk:
    """The outline of the trunk: a superellipse of half width and half depth, straight along the body."""

    half_width: float
    half_depth: float
    power: float = 2.4

    def depth(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the depth of points below the skin, measured towards the body's axis."""
        ratio = self._ratio(np.asarray(x), np.asarray(y))
        radius = np.sqrt(np.square(x) + np.square(y))
        return np.asarray(radius * (1.0 / np.maximum(ratio, 1e-3) - 1.0))

    def skin(self, target: Vector, outward: Vector) -> Vector:
        """Return where the ray from ``target`` along ``outward`` leaves the body."""
        near, far = 0.0, 600.0
        for _ in range(40):
            middle = (near + far) / 2.0
            point = target + middle * outward
            if float(self._ratio(point[0], point[1])) < 1.0:
                near = middle
            else:
                far = middle
        return np.asarray(target + near * outward, dtype=np.float64)

    def _ratio(self, x: FloatArray | float, y: FloatArray | float) -> FloatArray:
        power = self.power
        return np.asarray(
            (np.abs(x / self.half_width) ** power + np.abs(y / self.half_depth) ** power) ** (1.0 / power)
        )
