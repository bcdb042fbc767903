"""The solid and hollow organs of one patient's belly, drawn from adult ranges, in body coordinates.

Millimetres; x to the patient's left, y to the front, z to the head; zero on the body's axis at the first lumbar
vertebra.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sonosift.phantom.anatomy.shapes import Blend, Cluster, Ellipsoid, Without, turned
from sonosift.phantom.anatomy.tissue import (
    BILE,
    CORTEX,
    LIVER,
    MEDULLA,
    PERIRENAL_FAT,
    SINUS,
    SPLEEN,
    STONE,
    URINE,
    UTERUS_OR_PROSTATE,
    Tissue,
)
from sonosift.phantom.physics.arrays import Vector
from sonosift.phantom.physics.painting import Structure

_STRAIGHT = turned()


def _ellipsoid(centre: object, half: object, axes: Vector = _STRAIGHT, **shape: float) -> Ellipsoid:
    return Ellipsoid(np.asarray(centre, dtype=np.float64), np.asarray(half, dtype=np.float64), axes, **shape)


@dataclass(frozen=True)
class Liver:
    """The liver: a big right lobe, a flat left lobe across the middle, and its own tissue."""

    right_lobe: Ellipsoid
    left_lobe: Ellipsoid
    tissue: Tissue
    structures: tuple[Structure, ...]


def draw_liver(rng: np.random.Generator, scale: float) -> Liver:
    """Draw a liver; one in four is fatty (brighter, absorbing more), one in twelve coarse."""
    tissue = LIVER
    if rng.random() < 0.25:
        fat = rng.uniform(3.0, 6.0)
        tissue = replace(tissue, echo_db=fat, attenuation=0.5 + 0.04 * fat, dots_db=3.5)
    elif rng.random() < 0.1:
        tissue = replace(tissue, mottle_db=2.0, grain_db=2.0)
    height = rng.uniform(64, 82)
    right = _ellipsoid(
        scale * np.array([-74 + rng.normal(0, 4), 4 + rng.normal(0, 4), 108 - height]),
        scale * np.array([rng.uniform(68, 78), rng.uniform(68, 80), height]),
        turned(about_y=rng.normal(0, 5)),
    )
    left = _ellipsoid(
        scale * np.array([rng.uniform(-2, 16), rng.uniform(36, 46), rng.uniform(36, 52)]),
        scale * np.array([rng.uniform(62, 82), rng.uniform(24, 36), rng.uniform(38, 52)]),
        turned(about_y=rng.normal(-10, 5)),
    )
    whole = Structure(Blend(right, left, 24.0 * scale), tissue)
    return Liver(right, left, tissue, (whole,))


@dataclass(frozen=True)
class Kidney:
    """One kidney with its fat capsule, cortex, pyramids and sinus."""

    outline: Ellipsoid
    structures: tuple[Structure, ...]


def draw_kidney(rng: np.random.Generator, scale: float, side: int, cortex_db: float) -> Kidney:
    """Draw the right (``side`` -1) or left (+1) kidney; the left lies a little higher."""
    length = scale * rng.uniform(46, 60)
    width, depth = length * rng.uniform(0.48, 0.56), length * rng.uniform(0.42, 0.5)
    height = (-22 if side < 0 else -6) + rng.normal(0, 7)
    centre = scale * np.array([side * rng.uniform(58, 68), rng.uniform(-46, -36), height])
    # The upper pole leans to the spine and to the back, and the hilum turns to the front.
    axes = turned(about_x=rng.normal(-12, 4), about_y=side * rng.normal(-12, 4), about_z=side * rng.normal(20, 8))
    outline = _ellipsoid(centre, [width, depth, length], axes, bend=-side * 0.16)
    medial = -side * axes[0]
    fat = _ellipsoid(centre, np.array([width, depth, length]) + rng.uniform(3, 8), axes, bend=-side * 0.16)
    sinus = _ellipsoid(
        centre + medial * width * 0.22,
        [width * rng.uniform(0.46, 0.56), depth * rng.uniform(0.4, 0.5), length * rng.uniform(0.52, 0.62)],
        axes,
    )
    hilum = _ellipsoid(centre + medial * width * 0.85, [width * 0.5, depth * 0.34, length * 0.3], axes)
    pyramids = []
    for row, lift in enumerate((-0.72, -0.42, -0.1, 0.22, 0.52, 0.76)):
        ring = np.sqrt(1.0 - lift**2)
        for angle in np.deg2rad([-100, -35, 35, 100]) + rng.normal(0, 0.15, 4) + 0.4 * (row % 2):
            local = np.array([side * np.cos(angle) * ring * width, np.sin(angle) * ring * depth, lift * length])
            pyramids.append(centre + (0.7 * local) @ axes)
    pyramid_radii = rng.uniform(5.0, 8.0, len(pyramids)) * scale
    cortex = replace(CORTEX, echo_db=cortex_db)
    kidney_parts = frozenset({CORTEX.name, MEDULLA.name})
    structures = [
        Structure(fat, PERIRENAL_FAT),
        Structure(outline, cortex),
        Structure(
            Cluster(np.array(pyramids), pyramid_radii),
            replace(MEDULLA, echo_db=cortex_db - rng.uniform(4, 6.5)),
            frozenset({CORTEX.name}),
        ),
        Structure(sinus, SINUS, kidney_parts),
        Structure(hilum, SINUS, kidney_parts),
    ]
    if rng.random() < 0.08:  # a simple cyst
        radius = rng.uniform(6, 18)
        place = centre + (np.array([side * width, 0.0, rng.uniform(-0.6, 0.6) * length])) @ axes
        fluid = replace(URINE, name="renal cyst", wall_mm=0.8, organ="kidney")
        structures.append(Structure(_ellipsoid(place, [radius] * 3), fluid))
    if rng.random() < 0.07:  # a stone
        place = centre + (rng.uniform(-0.3, 0.3, 3) * np.array([width, depth, length])) @ axes
        structures.append(Structure(_ellipsoid(place, [rng.uniform(2.5, 6)] * 3), STONE))
    if rng.random() < 0.06:  # a widened pelvis
        fluid = replace(URINE, name="renal pelvis", wall_mm=0.8, wall_db=4.0, organ="kidney")
        structures.append(Structure(_ellipsoid(sinus.centre, sinus.half * rng.uniform(0.4, 0.75), axes), fluid))
    return Kidney(outline, tuple(structures))


@dataclass(frozen=True)
class Gallbladder:
    """The gallbladder, or what is left of it after a meal."""

    outline: Ellipsoid
    structures: tuple[Structure, ...]


def draw_gallbladder(rng: np.random.Generator, scale: float) -> Gallbladder:
    """Draw a gallbladder: one in ten empty, one in five with stones or sludge."""
    is_empty = rng.random() < 0.1
    length = scale * rng.uniform(33, 48)
    width = scale * rng.uniform(13, 19)
    if is_empty:
        length, width = length * 0.6, width * 0.3
    axes = turned(about_x=rng.normal(38, 10), about_y=rng.normal(14, 10))
    centre = scale * np.array([-48 + rng.normal(0, 7), 44 + rng.normal(0, 5), -6 + rng.normal(0, 7)])
    outline = _ellipsoid(centre, [width, width, length], axes, taper=-0.25)
    bile = replace(BILE, wall_mm=rng.choice([1.0, 1.0, 1.3, 2.2]))
    structures = [Structure(outline, bile)]
    draw = rng.random()
    if draw < 0.14 and not is_empty:
        count = int(rng.integers(1, 7))
        radii = rng.uniform(2.0, 7.0, count)
        # A patient on the back: stones sink to the rear wall.
        places = [
            centre - axes[1] * (width - r - 0.5) + axes[2] * rng.uniform(-0.5, 0.5) * length
            for r in np.minimum(radii, width * 0.6)
        ]
        structures.append(Structure(Cluster(np.array(places), np.minimum(radii, width * 0.6)), STONE))
    elif draw < 0.2 and not is_empty:
        sludge = replace(BILE, name="sludge", echo_db=-8.0, wall_db=-99.0, mottle_db=1.0)
        lower = _ellipsoid(centre - axes[1] * width * 0.95, [width * 1.1, width * 0.7, length], axes)
        structures.append(Structure(lower, sludge, frozenset({BILE.name})))
    return Gallbladder(outline, tuple(structures))


@dataclass(frozen=True)
class Spleen:
    """The spleen: a crescent under the left dome of the diaphragm."""

    outline: Ellipsoid
    structures: tuple[Structure, ...]


def draw_spleen(rng: np.random.Generator, scale: float, liver_db: float) -> Spleen:
    """Draw a spleen, sometimes enlarged."""
    length = scale * rng.uniform(44, 60) * (1.25 if rng.random() < 0.08 else 1.0)
    half = [scale * rng.uniform(19, 25), length * rng.uniform(0.62, 0.74), length]
    axes = turned(about_x=rng.normal(-30, 8), about_z=rng.normal(-16, 6))
    centre = scale * np.array([rng.uniform(104, 116), rng.uniform(-34, -20), rng.uniform(36, 52)])
    outline = _ellipsoid(centre, half, axes, bend=0.3)
    hilum = _ellipsoid(centre - axes[0] * half[0] * 1.15, [half[0] * 0.8, half[1] * 0.35, half[2] * 0.3], axes)
    tissue = replace(SPLEEN, echo_db=min(liver_db, 0.5) + rng.uniform(0.5, 2.0))
    return Spleen(outline, (Structure(Without(outline, hilum), tissue),))


@dataclass(frozen=True)
class Bladder:
    """The bladder with its content in ml."""

    outline: Ellipsoid
    volume_ml: float
    structures: tuple[Structure, ...]


def draw_bladder(rng: np.random.Generator, scale: float, is_full: bool) -> Bladder:
    """Draw a bladder of 0-400 ml, and the organ behind it."""
    volume = rng.uniform(90, 400) if is_full else rng.uniform(0, 25)
    radius = (volume * 1000.0 * 3.0 / (4.0 * np.pi)) ** (1.0 / 3.0)
    wide, deep = rng.uniform(1.05, 1.3), rng.uniform(0.75, 0.95)
    half = np.maximum(radius * np.array([wide, deep, 1.0 / (wide * deep)]), 3.0)
    centre = scale * np.array([rng.normal(0, 4), 34.0, -188.0]) + np.array([0.0, 0.0, half[2] * 0.5])
    outline = _ellipsoid(centre, half, turned(about_x=rng.normal(-15, 8)), taper=rng.uniform(-0.3, 0.1))
    behind = centre - np.array([0.0, half[1] + scale * 24.0, -4.0])
    organ = _ellipsoid(
        behind, scale * np.array([rng.uniform(20, 28), rng.uniform(15, 22), rng.uniform(20, 38)]), turned(about_x=30)
    )
    structures = [Structure(organ, UTERUS_OR_PROSTATE)]
    if volume > 8:
        structures.append(Structure(outline, URINE))
    return Bladder(outline, float(volume), tuple(structures))
