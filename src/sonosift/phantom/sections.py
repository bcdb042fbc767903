"""A cut through the body: the points that the imaging plane visits, and what tissue lies at each of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.phantom.arrays import FloatArray, Vector
from sonosift.phantom.tissue import Tissue


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

    def near(self, centre: Vector, radius: float, step: int = 6) -> tuple[slice, slice] | None:
        """Return the smallest window that can hold a ball, or nothing when the plane misses it."""
        x, y, z = (a[::step, ::step] for a in (self.x, self.y, self.z))
        squared = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2
        # A coarse sample may stand several cells from the ball's edge.
        reach = radius + 1.5 * step * max(self.spacing, 1.6)
        rows, columns = np.nonzero(squared < reach * reach)
        if not len(rows):
            return None
        top, bottom = max(0, (int(rows.min()) - 1) * step), (int(rows.max()) + 2) * step
        left, right = max(0, (int(columns.min()) - 1) * step), (int(columns.max()) + 2) * step
        return slice(top, bottom), slice(left, right)


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

    def organs(self) -> frozenset[str]:
        """Return the names of the organs that the plane cuts."""
        present = np.unique(self.index)
        return frozenset(organ for i in present if (organ := self.tissues[i].organ) is not None)


def enlarge(array: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Resample a smooth polar array to a finer grid over the same fan."""
    return np.asarray(
        cv2.resize(np.asarray(array, dtype=np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    )
