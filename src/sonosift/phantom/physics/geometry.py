"""The shape of a scan: in millimetres at the probe, and in pixels on the image."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from sonosift.phantom.physics.arrays import FloatArray

ProbeKind = Literal["curvilinear", "linear", "phased"]


@dataclass(frozen=True)
class ScanShape:
    """What a probe sweeps, in millimetres.

    Attributes:
        kind: How the lines leave the face.
        radius_mm: Radius of a curved face; 0 for a phased probe; unused for a linear one.
        half_angle: Half of the opening angle in radians; unused for a linear probe.
        half_width_mm: Half the width of a linear probe's face.
        depth_mm: How far the lines go.
    """

    kind: ProbeKind
    radius_mm: float
    half_angle: float
    half_width_mm: float
    depth_mm: float

    def depths(self, rows: int) -> FloatArray:
        """Return the middle of each of ``rows`` depth cells."""
        return np.asarray((np.arange(rows) + 0.5) * (self.depth_mm / rows), dtype=np.float32)

    def steering(self, lines: int) -> FloatArray:
        """Return the angle (or, for a linear probe, the offset in mm) of each of ``lines`` lines."""
        half = self.half_width_mm if self.kind == "linear" else self.half_angle
        return np.asarray(((np.arange(lines) + 0.5) / lines * 2.0 - 1.0) * half, dtype=np.float32)

    def line_spacing(self, rows: int, lines: int) -> FloatArray:
        """Return the distance in mm between neighbouring lines at each depth."""
        if self.kind == "linear":
            return np.full(rows, 2.0 * self.half_width_mm / lines, dtype=np.float32)
        return np.asarray((self.radius_mm + self.depths(rows)) * (2.0 * self.half_angle / lines), dtype=np.float32)

    def samples(self, rows: int, lines: int) -> tuple[FloatArray, FloatArray]:
        """Return the lateral and axial position (mm, from the middle of the face) of every polar sample."""
        return _samples(self, rows, lines)

    def width_mm(self) -> float:
        """Return the largest width of the scan."""
        if self.kind == "linear":
            return 2.0 * self.half_width_mm
        return 2.0 * (self.radius_mm + self.depth_mm) * float(np.sin(self.half_angle))

    def height_mm(self) -> float:
        """Return the height of the scan, from the highest point of its edge to the deepest."""
        if self.kind == "linear":
            return self.depth_mm
        return self.depth_mm + self.radius_mm * (1.0 - float(np.cos(self.half_angle)))


@lru_cache(maxsize=32)
def _samples(shape: ScanShape, rows: int, lines: int) -> tuple[FloatArray, FloatArray]:
    depth = shape.depths(rows)[:, None]
    steering = shape.steering(lines)[None, :]
    if shape.kind == "linear":
        return np.broadcast_to(steering, (rows, lines)).copy(), np.broadcast_to(depth, (rows, lines)).copy()
    reach = np.float32(shape.radius_mm) + depth
    return reach * np.sin(steering), reach * np.cos(steering) - np.float32(shape.radius_mm)


@dataclass(frozen=True)
class Geometry:
    """Where a scan lies on an image, in pixels: enough to draw the fan again.

    A pixel's centre has whole coordinates. For curved and phased probes the fan is the ring sector around
    (``apex_x``, ``apex_y``) between ``radius`` and ``radius + depth``; for linear ones it is the rectangle that
    hangs ``depth`` down from (``apex_x``, ``apex_y``), ``half_width`` to both sides.

    Attributes:
        kind: The probe's kind.
        apex_x: Column of the apex, or of the middle of a linear face.
        apex_y: Row of the apex, or of a linear face.
        radius: Radius of the face.
        depth: Length of the lines.
        half_angle: Half of the opening angle in radians.
        half_width: Half the width of a linear face.
    """

    kind: ProbeKind
    apex_x: float
    apex_y: float
    radius: float
    depth: float
    half_angle: float
    half_width: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers for a JSON file."""
        return asdict(self)

    def moved(self, right: float, down: float) -> Geometry:
        """Return the same scan at another place of a larger image."""
        values = asdict(self)
        return Geometry(**{**values, "apex_x": self.apex_x + right, "apex_y": self.apex_y + down})


def place_on_image(
    shape: ScanShape, size: tuple[int, int], fill: float = 0.97, pan: tuple[float, float] = (0.0, 0.0)
) -> tuple[Geometry, float]:
    """Place a scan on an image of ``size`` (height, width).

    Args:
        shape: The scan.
        size: Height and width in pixels.
        fill: Share of the tighter side that the scan takes; above one (zoom) its edges are cut off.
        pan: Where the scan lies in the room that is left, or the image in the scan that sticks out:
            right and down, -1..1, 0 for centred.

    Returns:
        The geometry in pixels, and the millimetres per pixel.
    """
    height, width = size
    mm_per_pixel = max(shape.width_mm() / width, shape.height_mm() / height) / fill
    middle = (width - 1) / 2.0 + pan[0] * abs(width - shape.width_mm() / mm_per_pixel) / 2.0
    spare = height - shape.height_mm() / mm_per_pixel
    top = spare / 2.0 - 0.5 + pan[1] * abs(spare) / 2.0
    is_flat = shape.kind == "linear"
    radius = 0.0 if is_flat else shape.radius_mm / mm_per_pixel
    return (
        Geometry(
            shape.kind,
            middle,
            top if is_flat else top - radius * float(np.cos(shape.half_angle)),
            radius,
            shape.depth_mm / mm_per_pixel,
            0.0 if is_flat else shape.half_angle,
            shape.half_width_mm / mm_per_pixel if is_flat else 0.0,
        ),
        mm_per_pixel,
    )


def area_in_picture(
    shape: ScanShape, geometry: Geometry, mm_per_pixel: float, size: tuple[int, int], grid: tuple[int, int]
) -> FloatArray:
    """Return the area of every polar cell (any unit), zero for cells that the image does not show."""
    across, along = shape.samples(*grid)
    column = geometry.apex_x + across / np.float32(mm_per_pixel)
    row = geometry.apex_y + geometry.radius + along / np.float32(mm_per_pixel)
    shown = (row > -0.5) & (row < size[0] - 0.5) & (column > -0.5) & (column < size[1] - 0.5)
    return np.asarray(shape.line_spacing(*grid)[:, None] * shown, dtype=np.float32)
