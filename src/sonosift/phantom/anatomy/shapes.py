"""Implicit shapes in body coordinates: each says how far a point is from its surface (negative inside, mm)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sonosift.phantom.physics.arrays import FloatArray, Vector
from sonosift.phantom.physics.sections import Points


class Shape(Protocol):
    """A solid that can tell the signed distance of points to its surface."""

    def bounds(self) -> tuple[Vector, float] | None:
        """Return the centre and radius of a ball around the solid, or nothing when it has no bound."""

    def distance(self, points: Points) -> FloatArray:
        """Return the signed distance in mm, negative inside; exact near the surface only."""


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid that may be bent like a bean and tapered like a pear.

    Attributes:
        centre: Position in mm.
        half: Half lengths along its own three axes.
        axes: Rows are its own axes in body coordinates.
        bend: Shift of the first axis by this much (in half lengths) at both ends of the third.
        taper: Widening towards the positive end of the third axis, as a share.
    """

    centre: Vector
    half: Vector
    axes: Vector
    bend: float = 0.0
    taper: float = 0.0

    def bounds(self) -> tuple[Vector, float]:
        """Return a ball around the ellipsoid."""
        return self.centre, float(self.half.max()) * (1.0 + abs(self.bend) * 0.6 + abs(self.taper) * 0.6)

    def local(self, points: Points) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return coordinates along the own axes, the surface being at radius one."""
        x, y, z = (
            points.x - np.float32(self.centre[0]),
            points.y - np.float32(self.centre[1]),
            points.z - np.float32(self.centre[2]),
        )
        a, b, c = (np.asarray(self.axes[i] / self.half[i], dtype=np.float32) for i in range(3))
        u, v, w = (k[0] * x + k[1] * y + k[2] * z for k in (a, b, c))
        if self.bend:
            u = u + np.float32(self.bend) * (w * w - np.float32(0.3))
        if self.taper:
            widening = 1.0 / np.maximum(1.0 + np.float32(self.taper) * np.clip(w, -1.2, 1.2), 0.2)
            u, v = u * widening, v * widening
        return u, v, w

    def distance(self, points: Points) -> FloatArray:
        """Return the first-order distance: the implicit value over the length of its gradient."""
        u, v, w = self.local(points)
        uu, vv, ww = u * u, v * v, w * w
        radius = np.sqrt(uu + vv + ww)
        a, b, c = (np.float32(1.0 / h**2) for h in self.half)
        slope = np.sqrt(uu * a + vv * b + ww * c) + np.float32(1e-6)
        return np.asarray(radius * (radius - 1.0) / slope)


@dataclass(frozen=True)
class Tube:
    """A round cone between two points: one stretch of a vessel."""

    start: Vector
    end: Vector
    start_radius: float
    end_radius: float
    flattened: float = 1.0

    def bounds(self) -> tuple[Vector, float]:
        """Return a ball around the stretch."""
        length = float(np.linalg.norm(self.end - self.start))
        return (self.start + self.end) / 2.0, length / 2.0 + max(self.start_radius, self.end_radius)

    def distance(self, points: Points) -> FloatArray:
        """Return the distance to the axis minus the radius there."""
        axis = (self.end - self.start).astype(np.float32)
        x, y, z = (
            points.x - np.float32(self.start[0]),
            points.y - np.float32(self.start[1]),
            points.z - np.float32(self.start[2]),
        )
        along = np.clip((x * axis[0] + y * axis[1] + z * axis[2]) / np.float32(axis @ axis + 1e-9), 0.0, 1.0)
        x, y, z = x - along * axis[0], y - along * axis[1], z - along * axis[2]
        if self.flattened != 1.0:
            y = y * np.float32(1.0 / self.flattened)
        radius = np.float32(self.start_radius) + along * np.float32(self.end_radius - self.start_radius)
        return np.asarray(np.sqrt(x * x + y * y + z * z) - radius)


@dataclass(frozen=True)
class Blend:
    """Two shapes melted together over ``softness`` mm."""

    first: Shape
    second: Shape
    softness: float

    def bounds(self) -> tuple[Vector, float] | None:
        """Return a ball around both."""
        one, two = self.first.bounds(), self.second.bounds()
        if one is None or two is None:
            return None
        centre = (one[0] + two[0]) / 2.0
        return centre, float(np.linalg.norm(one[0] - two[0])) / 2.0 + max(one[1], two[1]) + self.softness

    def distance(self, points: Points) -> FloatArray:
        """Return the polynomial smooth minimum of both distances."""
        a, b = self.first.distance(points), self.second.distance(points)
        k = np.float32(self.softness)
        overlap = np.maximum(k - np.abs(a - b), 0.0)
        return np.minimum(a, b) - overlap * overlap / (4.0 * k)


@dataclass(frozen=True)
class Without:
    """A shape with another one carved out of it."""

    solid: Shape
    carved: Shape

    def bounds(self) -> tuple[Vector, float] | None:
        """Return a ball around the solid."""
        return self.solid.bounds()

    def distance(self, points: Points) -> FloatArray:
        """Return the distance to the carved solid."""
        return np.maximum(self.solid.distance(points), -self.carved.distance(points))


@dataclass(frozen=True)
class Cluster:
    """Many balls as one shape (renal pyramids, stones, nodules)."""

    centres: Vector
    radii: Vector

    def bounds(self) -> tuple[Vector, float]:
        """Return a ball around all balls."""
        centre = self.centres.mean(axis=0)
        reach = np.linalg.norm(self.centres - centre, axis=1) + self.radii
        return centre, float(reach.max())

    def distance(self, points: Points) -> FloatArray:
        """Return the distance to the nearest ball's surface."""
        nearest = np.full(points.x.shape, np.float32(1e6), dtype=np.float32)
        for centre, radius in zip(self.centres.astype(np.float32), self.radii.astype(np.float32), strict=True):
            squared = (points.x - centre[0]) ** 2 + (points.y - centre[1]) ** 2 + (points.z - centre[2]) ** 2
            np.minimum(nearest, np.sqrt(squared) - radius, out=nearest)
        return nearest


def turned(*, about_x: float = 0.0, about_y: float = 0.0, about_z: float = 0.0) -> Vector:
    """Return three axes turned by angles in degrees about the body's own axes, as rows."""
    a, b, c = np.deg2rad([about_x, about_y, about_z])
    one = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    two = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    three = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray((three @ two @ one).T, dtype=np.float64)
