"""One patient's body: trunk, neck and a limb, and how a plane of points is cut out of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from sonosift.phantom.anatomy.lesions import PlantedLesion
from sonosift.phantom.anatomy.neck_anatomy import FlatAnatomy, draw_limb, draw_neck
from sonosift.phantom.anatomy.tissue import MESENTERY, MUSCLE
from sonosift.phantom.anatomy.trunk_anatomy import TrunkAnatomy, draw_trunk
from sonosift.phantom.physics.arrays import FloatArray, Vector
from sonosift.phantom.physics.painting import Scene, paint
from sonosift.phantom.physics.sections import Points, Section
from sonosift.phantom.scanning.motion import BodyState

# The probe flattens the skin under it; with depth the body's own roundness comes back.
_PRESSED_MM = 45.0
_WARP_STEP = 8


@dataclass(frozen=True)
class Warp:
    """A smooth deformation of everything inside a body, so that no organ is a perfect ellipsoid.

    Attributes:
        waves: Wave vectors, one row each (per mm).
        shifts: Displacement vectors of the waves (mm), one row each.
        phases: Phases of the waves.
    """

    waves: Vector
    shifts: Vector
    phases: Vector

    def displacement(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        """Return the displacement at points as an array ``[..., 3]``."""
        places = np.stack([x, y, z], axis=-1)
        return np.asarray(np.sin(places @ self.waves.T + self.phases) @ self.shifts, dtype=np.float32)


def _draw_warp(rng: np.random.Generator) -> Warp:
    lengths = np.exp(rng.uniform(np.log(40.0), np.log(140.0), 7))
    directions = rng.standard_normal((7, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # Long waves move far, short waves little, so that the deformation never folds.
    shifts = rng.standard_normal((7, 3)) * (lengths / 45.0)[:, None]
    return Warp(directions * (2.0 * np.pi / lengths)[:, None], shifts, rng.uniform(0, 6.28, 7))


@dataclass(frozen=True)
class Body:
    """One patient.

    Attributes:
        trunk: Belly and chest.
        neck: For thyroid exams.
        limb: For soft-tissue exams.
        warp: The deformation of the trunk's content.
        seed: Makes the speckle of this body its own.
    """

    trunk: TrunkAnatomy
    neck: FlatAnatomy
    limb: FlatAnatomy
    warp: Warp
    seed: int

    @cached_property
    def trunk_scene(self) -> Scene:
        """Return the trunk, ready to be cut."""
        return Scene(MESENTERY, self.trunk.structures)

    @cached_property
    def neck_scene(self) -> Scene:
        """Return the neck, ready to be cut."""
        return Scene(MUSCLE, self.neck.structures)

    @cached_property
    def limb_scene(self) -> Scene:
        """Return the limb, ready to be cut."""
        return Scene(MESENTERY, self.limb.structures)

    @property
    def lesions(self) -> tuple[PlantedLesion, ...]:
        """Return the focal liver lesions."""
        return self.trunk.lesions

    def skin(self, region: str, target: Vector, outward: Vector) -> tuple[Vector, float]:
        """Return where a ray from ``target`` leaves the body, and the distance there."""
        if region == "trunk":
            point = self.trunk.outline.skin(target, outward)
        else:
            point = target + outward * (-target[1] / max(outward[1], 0.2))
        return point, float(np.linalg.norm(point - target))

    def landmark(self, region: str, name: str) -> Vector:
        """Return a named point of a region where the warped organ really lies."""
        if region != "trunk":
            return getattr(self, region).landmarks[name]  # type: ignore[no-any-return]
        wanted = self.trunk.landmarks[name]
        place = wanted.copy()
        for _ in range(4):  # invert p + warp(p) = wanted
            place = wanted - self.warp.displacement(*(place[i : i + 1] for i in range(3)))[0]
        return np.asarray(place, dtype=np.float64)

    def cut(
        self,
        region: str,
        places: tuple[FloatArray, FloatArray, FloatArray],
        depths: FloatArray,
        state: BodyState,
    ) -> Section:
        """Paint the tissues that lie at ``places`` (``[depth, line]``, mm) of a region.

        Args:
            region: ``trunk``, ``neck`` or ``limb``.
            places: The sample points.
            depths: Distance of each row from the probe's face, evenly spaced.
            state: Breathing.
        """
        points = self._points(region, places, depths, state)
        if region == "trunk":
            return paint(points, self.trunk_scene)
        return paint(points, self.neck_scene if region == "neck" else self.limb_scene)

    def _points(
        self,
        region: str,
        places: tuple[FloatArray, FloatArray, FloatArray],
        depths: FloatArray,
        state: BodyState,
    ) -> Points:
        x, y, z = (np.asarray(a, dtype=np.float32) for a in places)
        spacing = float(depths[1] - depths[0])
        if region != "trunk":
            layer = np.broadcast_to(depths[:, None].astype(np.float32), x.shape)
            return Points(x, y, z, layer, x, y, z, spacing)
        true_depth = self.trunk.outline.depth(x, y).astype(np.float32)
        pressed = np.exp(-depths / _PRESSED_MM).astype(np.float32)[:, None]
        layer = pressed * depths[:, None].astype(np.float32) + (1 - pressed) * true_depth
        left, front, head = (a - np.float32(s) for a, s in zip((x, y, z), state.shift, strict=True))
        shift = self.warp.displacement(_thinned(left), _thinned(front), _thinned(head))
        shift = np.asarray(cv2.resize(shift, (x.shape[1], x.shape[0]), interpolation=cv2.INTER_LINEAR))
        return Points(left + shift[..., 0], front + shift[..., 1], head + shift[..., 2], layer, x, y, z, spacing)


def _thinned(array: FloatArray) -> FloatArray:
    rows, columns = array.shape
    size = (max(2, columns // _WARP_STEP), max(2, rows // _WARP_STEP))
    return np.asarray(cv2.resize(np.asarray(array, dtype=np.float32), size, interpolation=cv2.INTER_AREA))


def draw_body(rng: np.random.Generator) -> Body:
    """Draw one patient from the adult ranges."""
    return Body(draw_trunk(rng), draw_neck(rng), draw_limb(rng), _draw_warp(rng), int(rng.integers(2**31)))
