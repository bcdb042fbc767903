"""Painting a section: structures in order, later over earlier, with walls that echo where they face the beam."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sonosift.phantom.anatomy.shapes import Shape
from sonosift.phantom.anatomy.tissue import Tissue
from sonosift.phantom.physics.arrays import BoolArray, FloatArray
from sonosift.phantom.physics.sections import Points, Section

# dB per sample where the beam runs along a curved fluid wall: refraction takes the sound away.
_EDGE_LOSS_DB = 1.2


@dataclass(frozen=True)
class Structure:
    """A shape made of a tissue; ``over`` names the tissues it may replace (all when empty)."""

    shape: Shape
    tissue: Tissue
    over: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scene:
    """Structures in painting order before a background; what can be prepared is prepared once.

    The palette is limited to 255 tissues; equal tissues share one entry.
    """

    background: Tissue
    structures: tuple[Structure, ...]

    @cached_property
    def palette(self) -> tuple[Tissue, ...]:
        """Return the tissues, each once, the background first."""
        return tuple(dict.fromkeys((self.background, *(structure.tissue for structure in self.structures))))

    @cached_property
    def codes(self) -> tuple[int, ...]:
        """Return the palette entry of each structure."""
        position = {tissue: code for code, tissue in enumerate(self.palette)}
        return tuple(position[structure.tissue] for structure in self.structures)

    @cached_property
    def replaceable(self) -> tuple[BoolArray | None, ...]:
        """Return for each structure which palette entries it may replace; nothing stands for all."""
        return tuple(
            np.array([tissue.name in structure.over for tissue in self.palette]) if structure.over else None
            for structure in self.structures
        )

    @cached_property
    def balls(self) -> tuple[FloatArray, FloatArray]:
        """Return centre and radius of a ball around each structure (radius infinite for unbounded ones)."""
        bounds = [structure.shape.bounds() for structure in self.structures]
        centres = np.array([(0.0, 0.0, 0.0) if b is None else b[0] for b in bounds], dtype=np.float32).reshape(-1, 3)
        return centres, np.array([np.inf if b is None else b[1] for b in bounds], dtype=np.float32)


def paint(points: Points, scene: Scene) -> Section:
    """Cut the structures of ``scene`` with the plane of ``points``."""
    index = np.zeros(points.x.shape, dtype=np.uint8)
    wall = np.zeros(points.x.shape, dtype=np.float32)
    edge_loss = np.zeros(points.x.shape, dtype=np.float32)
    for number, rows, columns in points.windows(*scene.balls):
        structure, window = scene.structures[number], (rows, columns)
        replaceable = scene.replaceable[number]
        allowed = None if replaceable is None else replaceable[index[window]]
        if allowed is not None and not allowed.any():
            continue
        distance = structure.shape.distance(points.window(*window))
        target = (index[window], wall[window], edge_loss[window])
        _add(structure.tissue, scene.codes[number], distance, allowed, points.spacing, *target)
    return Section(index, scene.palette, wall, edge_loss, points)


def _add(
    tissue: Tissue,
    code: int,
    distance: FloatArray,
    allowed: BoolArray | None,
    spacing: float,
    index: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    wall: FloatArray,
    edge_loss: FloatArray,
) -> None:
    """Paint one structure into views of the section's arrays."""
    inside = distance < 0
    if allowed is not None:
        inside &= allowed
    if not inside.any():
        return
    np.copyto(index, np.uint8(code), where=inside)
    if tissue.wall_db < -50:
        np.copyto(wall, np.float32(0), where=inside)
        return
    band = np.exp(-np.square(distance * np.float32(1.0 / max(tissue.wall_mm, 0.6 * spacing))))
    if allowed is not None:
        band *= allowed
    slope = np.empty_like(distance)
    slope[1:-1] = distance[2:] - distance[:-2]
    slope[0], slope[-1] = slope[1], slope[-2]
    facing = np.minimum(np.abs(slope) * np.float32(0.5 / spacing), 1.0)
    np.copyto(wall, np.float32(0), where=inside)
    np.maximum(wall, band * facing * facing * np.float32(10.0 ** (tissue.wall_db / 20.0)), out=wall)
    if tissue.echo_db < -20 or tissue.organ == "kidney":
        graze = np.square(1.0 - facing)
        np.maximum(edge_loss, band * graze * graze * np.float32(_EDGE_LOSS_DB), out=edge_loss)
