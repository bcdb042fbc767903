"""Painting a section: structures in order, later over earlier, with walls that echo where they face the beam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sonosift.phantom.arrays import BoolArray, FloatArray
from sonosift.phantom.sections import Points, Section
from sonosift.phantom.shapes import Shape
from sonosift.phantom.tissue import Tissue

# dB per sample where the beam runs along a curved fluid wall: refraction takes the sound away.
_EDGE_LOSS_DB = 1.2


@dataclass(frozen=True)
class Structure:
    """A shape made of a tissue; ``over`` names the tissues it may replace (all when empty)."""

    shape: Shape
    tissue: Tissue
    over: frozenset[str] = frozenset()


def paint(points: Points, background: Tissue, structures: Sequence[Structure]) -> Section:
    """Cut ``structures`` with the plane of ``points``.

    The palette is limited to 255 tissues; equal tissues share one entry.
    """
    palette: dict[Tissue, int] = {background: 0}
    for structure in structures:
        palette.setdefault(structure.tissue, len(palette))
    names = [tissue.name for tissue in palette]
    index = np.zeros(points.x.shape, dtype=np.uint8)
    wall = np.zeros(points.x.shape, dtype=np.float32)
    edge_loss = np.zeros(points.x.shape, dtype=np.float32)
    for structure in structures:
        bounds = structure.shape.bounds()
        window = (slice(None), slice(None)) if bounds is None else points.near(*bounds)
        if window is None:
            continue
        allowed = None
        if structure.over:
            codes = [i for i, name in enumerate(names) if name in structure.over]
            allowed = np.isin(index[window], codes)
            if not allowed.any():
                continue
        distance = structure.shape.distance(points.window(*window))
        _add(
            structure.tissue,
            palette[structure.tissue],
            distance,
            allowed,
            points.spacing,
            index[window],
            wall[window],
            edge_loss[window],
        )
    return Section(index, tuple(palette), wall, edge_loss, points)


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
