"""The neck and the limb: small regions for thyroid and soft-tissue exams, in coordinates of their own.

The probe looks from the front (y); x is the patient's left, z the head; the skin is the plane y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sonosift.phantom.anatomy.body_wall import Layer
from sonosift.phantom.anatomy.shapes import Cluster, Ellipsoid, Tube, turned
from sonosift.phantom.anatomy.tissue import AIRWAY, ARTERY, BLOOD, BONE, FAT, FLUID_DB, MUSCLE, SKIN, THYROID
from sonosift.phantom.physics.arrays import Vector
from sonosift.phantom.physics.painting import Structure


@dataclass(frozen=True)
class FlatAnatomy:
    """A region under flat skin.

    Attributes:
        structures: Everything, in painting order.
        landmarks: Points that views aim at.
    """

    structures: tuple[Structure, ...]
    landmarks: dict[str, Vector]


def _point(x: float, y: float, z: float) -> Vector:
    return np.array([x, y, z], dtype=np.float64)


def draw_neck(rng: np.random.Generator) -> FlatAnatomy:
    """Draw a neck: trachea in the middle, a thyroid lobe, carotid and jugular on each side."""
    fat = rng.uniform(2.5, 6.0)
    parts: list[Structure] = []
    thyroid = THYROID.brighter(rng.normal(0, 1))
    parts.append(Structure(Tube(_point(0, -19, -80), _point(0, -16, 80), 8.5, 8.5), AIRWAY))
    parts.append(Structure(Ellipsoid(_point(0, -11.5, -6), _point(12, 2.6, 9), turned()), thyroid))
    for side in (-1.0, 1.0):
        half = _point(rng.uniform(6.5, 9), rng.uniform(6.5, 9), rng.uniform(20, 30))
        centre = _point(side * rng.uniform(13, 16), -15.0, rng.normal(0, 3))
        parts.append(Structure(Ellipsoid(centre, half, turned(about_x=-6, about_z=side * 20)), thyroid))
        if rng.random() < 0.35:
            count = int(rng.integers(1, 4))
            places = centre + rng.uniform(-0.6, 0.6, (count, 3)) * half
            look = replace(thyroid, name="thyroid nodule", echo_db=float(rng.choice([FLUID_DB, -5.0, -2.0, 6.0])))
            parts.append(
                Structure(Cluster(places, rng.uniform(2, 6, count)), look, frozenset({THYROID.name, "thyroid nodule"}))
            )
        carotid_x = side * rng.uniform(24, 28)
        parts.append(Structure(Tube(_point(carotid_x, -22, -80), _point(carotid_x * 1.1, -20, 80), 3.6, 3.3), ARTERY))
        jugular = Tube(_point(side * 34, -15, -80), _point(side * 34, -15, 80), 5.0, 4.0, flattened=0.6)
        parts.append(Structure(jugular, BLOOD))
        parts.append(
            Structure(Tube(_point(side * 26, -10, -80), _point(side * 44, -9, 80), 7, 7, flattened=0.5), MUSCLE)
        )
    parts += [
        Structure(Ellipsoid(_point(0, -48, 20.0 * level), _point(14, 12, 8), turned()), BONE) for level in range(-3, 4)
    ]
    parts.append(Structure(Layer(2.0 + fat + 1.5, 0.3, rng.uniform(0, 6)), replace(MUSCLE, name="platysma")))
    parts.append(Structure(Layer(1.5 + fat, 0.4, rng.uniform(0, 6)), FAT))
    parts.append(Structure(Layer(1.5, 0.0, 0.0), SKIN))
    return FlatAnatomy(
        tuple(parts),
        {
            "thyroid right": _point(-15, -15, 0),
            "thyroid left": _point(15, -15, 0),
            "neck": _point(28, -18, 30),
        },
    )


def draw_limb(rng: np.random.Generator) -> FlatAnatomy:
    """Draw a thigh or an upper arm: fat, two bellies of muscle, a bone, and sometimes a lump."""
    fat = rng.uniform(4, 18)
    parts: list[Structure] = []
    bone_depth = fat + rng.uniform(25, 50)
    parts.append(Structure(Tube(_point(-6, -bone_depth - 11, -200), _point(6, -bone_depth - 11, 200), 11, 11), BONE))
    parts.append(Structure(Tube(_point(22, -bone_depth, -200), _point(18, -bone_depth, 200), 2.6, 2.6), ARTERY))
    deep = replace(MUSCLE, name="deep muscle", echo_db=-6.0)
    parts.insert(0, Structure(Layer(bone_depth + 40, 1.0, rng.uniform(0, 6)), deep))
    parts.insert(1, Structure(Layer(fat + rng.uniform(12, 20), 1.5, rng.uniform(0, 6)), MUSCLE))
    if rng.random() < 0.4:
        lump = replace(FAT, name="lump", echo_db=float(rng.choice([-1.0, 3.0, FLUID_DB])), strand_db=4.0)
        half = _point(rng.uniform(5, 16), rng.uniform(3, 7), rng.uniform(5, 16))
        lump_shape = Ellipsoid(_point(0, -fat * 0.6 - 4, 0), half, turned())
    else:
        lump, lump_shape = None, None
    parts.append(Structure(Layer(1.5 + fat, 0.5, rng.uniform(0, 6)), FAT))
    if lump is not None and lump_shape is not None:
        parts.append(Structure(lump_shape, lump))
    parts.append(Structure(Layer(1.5, 0.0, 0.0), SKIN))
    return FlatAnatomy(tuple(parts), {"soft tissue": _point(0, -fat - 8, 0)})
