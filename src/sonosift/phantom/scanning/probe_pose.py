"""Where the probe touches and where it looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sonosift.phantom.physics.arrays import FloatArray, Vector
from sonosift.phantom.physics.geometry import ScanShape


@dataclass(frozen=True)
class ProbePose:
    """A probe in body coordinates.

    Attributes:
        face: Middle of the probe's face.
        axial: Unit vector into the body.
        lateral: Unit vector towards the right edge of the image.
    """

    face: Vector
    axial: Vector
    lateral: Vector

    @property
    def elevation(self) -> Vector:
        """Return the unit vector across the imaging plane."""
        return np.asarray(np.cross(self.axial, self.lateral), dtype=np.float64)

    def moved(self, slide_mm: float, tilt: float, rock: float) -> ProbePose:
        """Return the pose after sliding across the plane and turning by small angles (radians)."""
        axial = self.axial + tilt * self.elevation + rock * self.lateral
        return pose_from(self.face + slide_mm * self.elevation, axial, self.lateral)

    def places(self, shape: ScanShape, rows: int, lines: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return body coordinates of the polar samples of a scan."""
        across, along = shape.samples(rows, lines)
        face, axial, lateral = (v.astype(np.float32) for v in (self.face, self.axial, self.lateral))
        x, y, z = (face[i] + across * lateral[i] + along * axial[i] for i in range(3))
        return x, y, z


def pose_from(face: Vector, axial: Vector, lateral: Vector) -> ProbePose:
    """Build a pose from directions that need not be exactly perpendicular."""
    forward = axial / np.linalg.norm(axial)
    across = lateral - (lateral @ forward) * forward
    return ProbePose(face, forward, across / np.linalg.norm(across))
