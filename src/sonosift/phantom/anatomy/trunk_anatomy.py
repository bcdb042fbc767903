"""The whole trunk of one patient, put together: organs, vessels, bowel, spine, lung and wall, in painting order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sonosift.phantom.anatomy.abdominal_organs import (
    Bladder,
    Gallbladder,
    Kidney,
    Liver,
    Spleen,
    draw_bladder,
    draw_gallbladder,
    draw_kidney,
    draw_liver,
    draw_spleen,
)
from sonosift.phantom.anatomy.body_wall import Layer, Lung, Ribs, Trunk
from sonosift.phantom.anatomy.lesions import PlantedLesion, draw_lesions
from sonosift.phantom.anatomy.shapes import Cluster, Ellipsoid, Tube, turned
from sonosift.phantom.anatomy.tissue import (
    ARTERY,
    BILE_DUCT,
    BLOOD,
    BONE,
    BOWEL,
    EFFUSION,
    FAT,
    GAS,
    HEPATIC_VEIN,
    LIVER,
    LUNG,
    MUSCLE,
    PANCREAS,
    PORTAL_VEIN,
    PSOAS,
    RIB,
    SKIN,
    STOMACH,
)
from sonosift.phantom.anatomy.vessels import chain, tree
from sonosift.phantom.physics.arrays import Vector
from sonosift.phantom.physics.painting import Structure

_IN_LIVER = frozenset({LIVER.name})


@dataclass(frozen=True)
class TrunkAnatomy:
    """A patient's trunk.

    Attributes:
        structures: Everything, in painting order.
        outline: The skin.
        wall_mm: Thickness of skin, fat and muscle together.
        landmarks: Points that views aim at.
        directions: Long axes of organs, for views along or across them.
        lesions: The focal lesions planted in the liver.
        bladder_ml: Content of the bladder.
    """

    structures: tuple[Structure, ...]
    outline: Trunk
    wall_mm: float
    landmarks: dict[str, Vector]
    directions: dict[str, Vector]
    lesions: tuple[PlantedLesion, ...]
    bladder_ml: float


def draw_trunk(rng: np.random.Generator) -> TrunkAnatomy:
    """Draw a trunk: slim to obese, small to tall."""
    scale = float(np.clip(rng.normal(1.0, 0.06), 0.87, 1.13))
    fat = float(np.clip(rng.lognormal(np.log(13.0), 0.5), 5.0, 36.0))
    muscle = float(rng.uniform(7.0, 15.0))
    wall = 2.0 + fat + muscle
    outline = Trunk(146.0 * scale + wall, 92.0 * scale + wall)

    liver = draw_liver(rng, scale)
    lesions = draw_lesions(rng, liver.right_lobe, liver.tissue)
    cortex_db = float(rng.uniform(-4.5, -2.0))
    right_kidney = draw_kidney(rng, scale, -1, cortex_db)
    left_kidney = draw_kidney(rng, scale, 1, cortex_db)
    gallbladder = draw_gallbladder(rng, scale)
    spleen = draw_spleen(rng, scale, liver.tissue.echo_db)
    bladder = draw_bladder(rng, scale, is_full=bool(rng.random() < 0.55))

    structures: list[Structure] = []
    structures += _gut(rng, scale)
    structures += _spine_and_psoas(rng, scale)
    structures += liver.structures
    structures += _liver_vessels(rng, scale)
    structures += _great_vessels(rng, scale)
    structures += _pancreas(rng, scale)
    for organ in (right_kidney, left_kidney, spleen, gallbladder, bladder):
        structures += organ.structures
    structures += [part for lesion in lesions for part in lesion.structures]
    structures += _chest(rng, scale)
    structures += _wall(rng, fat, muscle, outline)
    return TrunkAnatomy(
        tuple(structures),
        outline,
        wall,
        _landmarks(scale, liver, right_kidney, left_kidney, gallbladder, spleen, bladder),
        {
            "right kidney": right_kidney.outline.axes[2],
            "left kidney": left_kidney.outline.axes[2],
            "gallbladder": gallbladder.outline.axes[2],
            "spleen": spleen.outline.axes[2],
        },
        lesions,
        bladder.volume_ml,
    )


def _landmarks(
    scale: float,
    liver: Liver,
    right_kidney: Kidney,
    left_kidney: Kidney,
    gallbladder: Gallbladder,
    spleen: Spleen,
    bladder: Bladder,
) -> dict[str, Vector]:
    def at(x: float, y: float, z: float) -> Vector:
        return scale * np.array([x, y, z])

    return {
        "left lobe": liver.left_lobe.centre + at(8, 0, -8),
        "right lobe": liver.right_lobe.centre + at(-4, 8, 4),
        "liver dome": liver.right_lobe.centre + at(8, 6, 34),
        "portal vein": at(-42, 18, 28),
        "gallbladder": gallbladder.outline.centre,
        "bile duct": at(-36, 18, 12),
        "pancreas": at(16, 13, 4),
        "aorta": at(6, -18, -84),
        "right kidney": right_kidney.outline.centre,
        "left kidney": left_kidney.outline.centre,
        "spleen": spleen.outline.centre,
        "bladder": bladder.outline.centre,
        "lung": at(-70, 40, 165),
        "abdominal wall": at(-40, 70, -60),
    }


def _gut(rng: np.random.Generator, scale: float) -> list[Structure]:
    """Stomach, loops of bowel below the liver, and their gas."""
    stomach = Ellipsoid(
        scale * np.array([62.0, 26.0, 38.0]), scale * np.array([34.0, 34.0, 46.0]), turned(about_y=25), bend=0.2
    )
    loops: list[Structure] = []
    gas_centres, gas_radii = [], []
    for _ in range(30):
        centre = scale * np.array([rng.uniform(-110, 110), rng.uniform(20, 70), rng.uniform(-165, -25)])
        centre[1] *= 1.0 - 0.5 * abs(centre[0]) / (110 * scale)
        half = scale * np.array([rng.uniform(14, 30), rng.uniform(10, 16), rng.uniform(10, 18)])
        loops.append(Structure(Ellipsoid(centre, half, turned(about_y=rng.uniform(0, 180))), BOWEL))
        if rng.random() < 0.4:
            gas_centres.append(centre + np.array([0.0, half[1] * 0.5, 0.0]))
            gas_radii.append(half[1] * rng.uniform(0.4, 0.8))
    # Gas in the stomach and in the bend of the colon in front of the pancreas, in some patients.
    if rng.random() < 0.6:
        gas_centres.append(stomach.centre + scale * np.array([8.0, 16.0, 18.0]))
        gas_radii.append(scale * rng.uniform(10, 18))
    if rng.random() < 0.6:
        gas_centres.append(scale * np.array([rng.uniform(-10, 40), 46.0, rng.uniform(-34, -16)]))
        gas_radii.append(scale * rng.uniform(8, 14))
    parts = [*loops, Structure(stomach, STOMACH)]
    parts += [
        Structure(Cluster(np.array([c]), np.array([r])), GAS) for c, r in zip(gas_centres, gas_radii, strict=True)
    ]
    return parts


def _spine_and_psoas(rng: np.random.Generator, scale: float) -> list[Structure]:
    parts = []
    for side in (-1, 1):
        muscle = Tube(
            scale * np.array([side * 34.0, -46.0, 0.0]),
            scale * np.array([side * 58.0, -34.0, -170.0]),
            scale * 16.0,
            scale * 24.0,
        )
        parts.append(Structure(muscle, PSOAS))
    for level in range(-6, 6):
        centre = scale * np.array([0.0, -58.0, level * 34.0 + rng.normal(0, 1)])
        vertebra = Ellipsoid(centre, scale * np.array([25.0, 24.0, 14.0]), turned())
        parts.append(Structure(vertebra, BONE))
    pubis = Ellipsoid(scale * np.array([0.0, 66.0, -232.0]), scale * np.array([50.0, 16.0, 22.0]), turned())
    parts.append(Structure(pubis, BONE))
    return parts


def _liver_vessels(rng: np.random.Generator, scale: float) -> list[Structure]:
    # Vessels inside the liver are part of its mask.
    portal, hepatic = (replace(vein, organ=LIVER.organ) for vein in (PORTAL_VEIN, HEPATIC_VEIN))
    portal_root = scale * np.array([-40.0, 18.0, 28.0])
    right = [np.array([-0.8, 0.5, 0.2]), np.array([-0.9, -0.1, 0.45]), np.array([-0.7, -0.35, -0.4])]
    left = [np.array([0.75, 0.5, 0.35])]
    parts = tree(portal_root, right, scale * 32.0, scale * 6.0, 3, portal, _IN_LIVER, rng)
    parts += tree(portal_root, left, scale * 36.0, scale * 5.0, 2, portal, _IN_LIVER, rng)
    confluence = scale * np.array([-16.0, -6.0, 92.0])
    veins = [np.array([-0.9, -0.1, -0.35]), np.array([-0.55, 0.7, -0.45]), np.array([0.45, 0.75, -0.4])]
    parts += tree(confluence, veins, scale * 42.0, scale * 5.6, 2, hepatic, _IN_LIVER, rng)
    return parts


def _great_vessels(rng: np.random.Generator, scale: float) -> list[Structure]:
    wide = rng.uniform(8.0, 11.0) * scale
    aorta = chain([(10, -24, 110), (9, -22, 0), (4, -16, -110)], [wide * 1.1, wide, wide * 0.8], ARTERY, scale)
    cava = chain(
        [(-20, -14, 98), (-20, -20, 30), (-17, -22, -115)], [wide * 1.1, wide, wide], BLOOD, scale, flattened=0.7
    )
    upper = chain([(9, -14, 2), (10, 2, -8), (8, 8, -60)], [3.6, 3.4, 3.0], ARTERY, scale)
    splenic = chain([(96, -22, 34), (62, -10, 16), (28, 4, 4), (-8, 10, 0)], [4.0, 4.2, 4.6, 5.2], PORTAL_VEIN, scale)
    portal = chain([(-8, 10, 0), (-26, 14, 14), (-40, 18, 28)], [5.8, 6.2, 6.0], PORTAL_VEIN, scale)
    mesenteric = chain([(-8, 10, 0), (-5, 14, -60)], [5.2, 4.4], PORTAL_VEIN, scale)
    duct = chain([(-46, 24, 30), (-32, 22, 14), (-26, 8, -18)], [2.2, rng.uniform(2.2, 4.5), 2.4], BILE_DUCT, scale)
    renal = chain([(-17, -22, -14), (-44, -34, -20)], [4.0, 3.2], BLOOD, scale)
    renal += chain([(9, -20, -8), (46, -34, -6)], [4.0, 3.0], BLOOD, scale)
    return aorta + cava + upper + splenic + portal + mesenteric + duct + renal


def _pancreas(rng: np.random.Generator, scale: float) -> list[Structure]:
    tissue = replace(PANCREAS, echo_db=float(rng.uniform(3.0, 6.5)))
    lift = rng.normal(0, 2.5)
    middle = [(-28, 12, -14), (-18, 16, -6), (4, 21, 2), (28, 16, 7), (56, 3, 15), (78, -8, 24)]
    path = [(x, y + lift, z) for x, y, z in middle]
    radii = [r * rng.uniform(0.9, 1.2) * scale for r in (12, 10, 7.5, 8, 8.5, 8)]
    return chain(path, radii, tissue, scale, over=frozenset({"mesenteric fat", "liver", "bowel", "stomach"}))


def _chest(rng: np.random.Generator, scale: float) -> list[Structure]:
    right = Ellipsoid(scale * np.array([-72.0, 0.0, 14.0]), scale * np.array([104.0, 116.0, 100.0]), turned())
    left = Ellipsoid(scale * np.array([72.0, 0.0, 14.0]), scale * np.array([104.0, 116.0, 84.0]), turned())
    parts = [Structure(Lung(right, left), LUNG)]
    if rng.random() < 0.08:
        # Fluid above the diaphragm, on one side, lowest at the back.
        side = rng.choice([-1.0, 1.0])
        pool = Ellipsoid(
            scale * np.array([side * 95.0, -40.0, 84.0]),
            scale * np.array([55.0, 60.0, 34.0]),
            turned(about_y=side * 35),
        )
        parts.append(Structure(pool, EFFUSION, frozenset({LUNG.name})))
    return parts


def _wall(rng: np.random.Generator, fat: float, muscle: float, outline: Trunk) -> list[Structure]:
    phase = float(rng.uniform(0, 6.28))
    lowest = float(rng.uniform(2.0, 30.0))
    ribs = Ribs(
        2.0 + fat + 0.6 * muscle, float(rng.uniform(24, 30)), float(rng.uniform(0, 30)), outline.half_width, lowest
    )
    return [
        Structure(Layer(2.0 + fat + muscle, 0.8, phase), replace(MUSCLE, echo_db=-4.0 + rng.normal(0, 1))),
        Structure(ribs, RIB),
        Structure(Layer(2.0 + fat, 0.8, phase + 1.0), replace(FAT, echo_db=float(rng.uniform(-7.0, -3.0)))),
        Structure(Layer(2.0, 0.0, 0.0), SKIN),
    ]
