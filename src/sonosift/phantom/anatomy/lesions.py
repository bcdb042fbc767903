"""Focal liver lesions: which a patient has, where, and what they look like."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sonosift.phantom.anatomy.shapes import Ellipsoid, turned
from sonosift.phantom.anatomy.tissue import FLUID_DB, LIVER, Tissue
from sonosift.phantom.physics.arrays import Vector
from sonosift.phantom.physics.painting import Structure

LESION_KINDS = ("cyst", "angioma", "metastasis", "hcc", "fnh")
# Shares of patients: none, then in the order of LESION_KINDS.
LESION_SHARES = (0.70, 0.08, 0.05, 0.13, 0.02, 0.02)
_DIAMETER_MM = {"cyst": (8, 60), "angioma": (12, 40), "metastasis": (10, 40), "hcc": (18, 80), "fnh": (20, 60)}
_OVER = frozenset({"liver", "hepatic vein", "portal vein"})


@dataclass(frozen=True)
class PlantedLesion:
    """One lesion in a body: its kind, its outline, and the structures that paint it, outermost first."""

    kind: str
    outline: Ellipsoid
    structures: tuple[Structure, ...]

    @property
    def tissue_names(self) -> frozenset[str]:
        """Return the names of the tissues that make up this lesion alone."""
        return frozenset(structure.tissue.name for structure in self.structures)


def draw_lesions(rng: np.random.Generator, liver: Ellipsoid, liver_tissue: Tissue) -> tuple[PlantedLesion, ...]:
    """Draw a patient's lesions: most have none, metastases come in numbers, the others mostly alone."""
    kind = (None, *LESION_KINDS)[int(rng.choice(len(LESION_SHARES), p=LESION_SHARES))]
    if kind is None:
        return ()
    count = int(rng.integers(2, 7)) if kind == "metastasis" else int(rng.integers(1, 3))
    is_target = bool(rng.random() < 0.5)
    lesions: list[PlantedLesion] = []
    for number in range(count):
        smallest, largest = _DIAMETER_MM[kind]
        radius = 0.5 * float(np.exp(rng.uniform(np.log(smallest), np.log(largest))))
        centre = _place(rng, liver, radius)
        if all(np.linalg.norm(centre - other.outline.centre) > radius + other.outline.half.max() for other in lesions):
            lesions.append(_build(rng, kind, number, centre, radius, liver_tissue, is_target))
    return tuple(lesions)


def _place(rng: np.random.Generator, liver: Ellipsoid, radius: float) -> Vector:
    direction = rng.standard_normal(3)
    direction /= np.linalg.norm(direction)
    reach = np.maximum(liver.half - radius - 6.0, 5.0) * rng.uniform(0.1, 0.9) ** 0.6
    return np.asarray(liver.centre + (direction * reach) @ liver.axes, dtype=np.float64)


def _build(
    rng: np.random.Generator,
    kind: str,
    number: int,
    centre: Vector,
    radius: float,
    liver: Tissue,
    is_target: bool,
) -> PlantedLesion:
    spread = 0.08 if kind in ("cyst", "angioma") else 0.22
    half = radius * np.exp(spread * rng.standard_normal(3)).clip(0.7, 1.4)
    axes = turned(about_x=rng.uniform(0, 180), about_z=rng.uniform(0, 180))
    outline = Ellipsoid(centre, half, axes)
    name = f"{kind} {number}"
    plain = replace(LIVER, name=name, dots_db=0.0, wall_db=-99.0, echo_db=liver.echo_db)

    def inner(share: float, tissue: Tissue) -> Structure:
        return Structure(Ellipsoid(centre, half * share, axes), replace(tissue, organ="liver"), frozenset({name}))

    if kind == "cyst":
        tissue = replace(plain, echo_db=FLUID_DB, attenuation=0.01, mottle_db=0.0, wall_db=7.0, wall_mm=0.8)
        return PlantedLesion(kind, outline, (Structure(outline, tissue, _OVER),))
    if kind == "angioma":
        tissue = replace(plain, echo_db=liver.echo_db + rng.uniform(6, 8), mottle_db=0.3, wall_db=3.0)
        return PlantedLesion(kind, outline, (Structure(outline, tissue, _OVER),))
    if kind == "metastasis":
        if not is_target:
            tissue = replace(plain, echo_db=liver.echo_db - rng.uniform(5, 8), mottle_db=1.2)
            return PlantedLesion(kind, outline, (Structure(outline, tissue, _OVER),))
        halo = replace(plain, echo_db=liver.echo_db - rng.uniform(9, 12))
        core = replace(plain, name=f"{name} core", echo_db=liver.echo_db + rng.uniform(2, 4), mottle_db=1.5)
        return PlantedLesion(kind, outline, (Structure(outline, halo, _OVER), inner(0.72, core)))
    if kind == "hcc":
        tissue = replace(
            plain, echo_db=liver.echo_db - rng.uniform(3, 6), mottle_db=5.0, grain_db=4.0, wall_db=4.0, wall_mm=1.0
        )
        return PlantedLesion(kind, outline, (Structure(outline, tissue, _OVER),))
    tissue = replace(plain, echo_db=liver.echo_db - rng.uniform(1.0, 2.5), mottle_db=0.4, wall_db=1.0)
    scar = replace(plain, name=f"{name} scar", echo_db=liver.echo_db - 7.0)
    arms = tuple(
        Structure(
            Ellipsoid(centre, half * np.array([0.6, 0.09, 0.4]), axes @ turned(about_z=angle)), scar, frozenset({name})
        )
        for angle in (0.0, 60.0, 120.0)
    )
    return PlantedLesion(kind, outline, (Structure(outline, tissue, _OVER), *arms))
