"""Vessels as chains of tubes, and the trees they form inside the liver."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sonosift.phantom.anatomy.shapes import Tube
from sonosift.phantom.anatomy.tissue import Tissue
from sonosift.phantom.physics.arrays import Vector
from sonosift.phantom.physics.painting import Structure


def chain(
    points: Sequence[Sequence[float]],
    radii: Sequence[float],
    tissue: Tissue,
    scale: float,
    over: frozenset[str] = frozenset(),
    flattened: float = 1.0,
) -> list[Structure]:
    """Lay tubes through ``points`` (scaled by the body's size), tapering from radius to radius."""
    path = np.asarray(points, dtype=np.float64) * scale
    return [
        Structure(Tube(path[i], path[i + 1], radii[i], radii[i + 1], flattened), tissue, over)
        for i in range(len(path) - 1)
    ]


def tree(
    root: Vector,
    directions: Sequence[Vector],
    length: float,
    radius: float,
    levels: int,
    tissue: Tissue,
    over: frozenset[str],
    rng: np.random.Generator,
) -> list[Structure]:
    """Grow branches from ``root``, each forking in two ``levels`` times with thinner, shorter children."""
    grown: list[Structure] = []
    for direction in directions:
        bent = direction + 0.25 * rng.standard_normal(3)
        bent /= np.linalg.norm(bent)
        end = root + bent * length * rng.uniform(0.8, 1.2)
        grown.append(Structure(Tube(root, end, radius, radius * 0.8), tissue, over))
        if levels > 0:
            aside = np.cross(bent, rng.standard_normal(3))
            aside /= np.linalg.norm(aside) + 1e-9
            children = [bent + 0.6 * aside, bent - 0.6 * aside]
            children = [child / np.linalg.norm(child) for child in children]
            grown += tree(end, children, length * 0.8, radius * 0.72, levels - 1, tissue, over, rng)
    return grown
