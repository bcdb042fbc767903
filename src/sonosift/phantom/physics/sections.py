"""A cut through the body: the points that the imaging plane visits, and what tissue lies at each of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.phantom.anatomy.tissue import Tissue
from sonosift.phantom.physics.arrays import BoolArray, FloatArray

# Depths at which a plane is tried for what it may cut.
_TRIALS = 36


@dataclass(frozen=True)
class Points:
    """Sample points of the imaging plane, each array ``[depth, line]`` in millimetres.

    Attributes:
        x: Towards the patient's left, of the tissue that lies there (breathing and the body's own shape undone).
        y: Towards the front.
        z: Towards the head.
        layer: Depth below the skin, with the skin pressed flat against the probe.
        skin_x: Like ``x``, but fixed to the body wall, which does not move with breathing.
        skin_y: Like ``y``, fixed to the body wall.
        skin_z: Like ``z``, fixed to the body wall.
        spacing: Distance between two depths.
    """

    x: FloatArray
    y: FloatArray
    z: FloatArray
    layer: FloatArray
    skin_x: FloatArray
    skin_y: FloatArray
    skin_z: FloatArray
    spacing: float

    def window(self, rows: slice, columns: slice) -> Points:
        """Return the points of a rectangular part."""
        part = (rows, columns)
        return Points(
            self.x[part],
            self.y[part],
            self.z[part],
            self.layer[part],
            self.skin_x[part],
            self.skin_y[part],
            self.skin_z[part],
            self.spacing,
        )

    def windows(self, centres: FloatArray, radii: FloatArray) -> list[tuple[int, slice, slice]]:
        """Return which balls the plane cuts, each with a window that holds its part of the plane.

        Args:
            centres: Centres of the balls ``[ball, 3]``.
            radii: Radii; an infinite one takes the whole plane.
        """
        step = max(1, self.x.shape[0] // _TRIALS)
        thinned = [np.ascontiguousarray(a[::step, ::step]) for a in (self.x, self.y, self.z)]
        places = np.stack([a.ravel() for a in thinned])
        squared = np.square(centres).sum(axis=1)[:, None] + np.square(places).sum(axis=0) - 2.0 * (centres @ places)
        close = (squared < np.square(radii + self._gap(step))[:, None]).reshape(len(radii), *thinned[0].shape)
        rows, columns = close.any(axis=2), close.any(axis=1)
        found = []
        for ball in np.flatnonzero(rows.any(axis=1)):
            down, across = np.flatnonzero(rows[ball]), np.flatnonzero(columns[ball])
            vertical = slice(max(0, (int(down[0]) - 1) * step), (int(down[-1]) + 2) * step)
            found.append(
                (int(ball), vertical, slice(max(0, (int(across[0]) - 1) * step), (int(across[-1]) + 2) * step))
            )
        return found

    def _gap(self, step: int) -> float:
        """Return how far a point can be from the nearest of every ``step``-th sample (mm)."""
        corner, along, across = (
            np.array([a[i] for a in (self.x, self.y, self.z)]) for i in ((-1, 0), (-2, 0), (-1, 1))
        )
        # Half a diagonal of the coarse grid, and some more because lines are not parallel.
        return 0.6 * step * float(np.hypot(np.linalg.norm(along - corner), np.linalg.norm(across - corner))) + 2.0


@dataclass(frozen=True)
class Section:
    """What lies in the plane.

    Attributes:
        index: Which tissue, as a position in ``tissues``.
        tissues: The palette.
        wall: Amplitude of coherent echoes from walls that face the beam.
        edge_loss: Extra loss in dB per sample where the beam grazes a curved wall.
        points: Where the plane was cut.
    """

    index: NDArray[np.uint8]
    tissues: tuple[Tissue, ...]
    wall: FloatArray
    edge_loss: FloatArray
    points: Points
    _tables: dict[str, FloatArray] = field(default_factory=dict, compare=False)

    def look_up(self, attribute: str) -> FloatArray:
        """Return a number of each point's tissue, such as ``echo_db``, as an array over the plane."""
        if attribute not in self._tables:
            self._tables[attribute] = np.array([getattr(t, attribute) for t in self.tissues], dtype=np.float32)
        return self._tables[attribute][self.index]

    def organ_codes(self, organ: str) -> NDArray[np.uint8]:
        """Return which tissues belong to ``organ``."""
        return np.array([i for i, tissue in enumerate(self.tissues) if tissue.organ == organ], dtype=np.uint8)

    def of_organ(self, organ: str) -> BoolArray:
        """Return where the organ lies in the plane."""
        return np.array([tissue.organ == organ for tissue in self.tissues])[self.index]

    def organs(self) -> frozenset[str]:
        """Return the names of the organs that the plane cuts."""
        present = np.unique(self.index)
        return frozenset(organ for i in present if (organ := self.tissues[i].organ) is not None)


def enlarge(array: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Resample a smooth polar array to a finer grid over the same fan."""
    return np.asarray(
        cv2.resize(np.asarray(array, dtype=np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    )
