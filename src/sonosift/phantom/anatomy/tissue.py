"""Tissues: how bright, how absorbing and how structured each one is (echo in dB relative to a healthy liver)."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Tissue:
    """The acoustic properties of one tissue.

    Attributes:
        name: What it is.
        echo_db: Backscatter relative to a healthy liver.
        attenuation: Loss in dB per cm and MHz, one way.
        opaque_db: Extra loss in dB per mm (bone, gas, stones).
        mottle_db: Strength of slow, blotchy variation.
        strand_db: Strength of bright fibres that run along the skin.
        dots_db: Strength of small bright dots (portal triads, lobules).
        grain_db: Strength of coarse-grained texture.
        wall_db: Coherent echo of the boundary where it faces the beam; very negative for none.
        wall_mm: Half thickness of that boundary.
        dirty: Whether gas lies here, so that the shadow is filled with reverberation.
        lung: Whether air-filled lung lies here.
        organ: The organ it belongs to in the truth, if any.
    """

    name: str
    echo_db: float
    attenuation: float = 0.5
    opaque_db: float = 0.0
    mottle_db: float = 0.6
    strand_db: float = 0.0
    dots_db: float = 0.0
    grain_db: float = 0.0
    wall_db: float = -99.0
    wall_mm: float = 0.7
    dirty: float = 0.0
    lung: float = 0.0
    organ: str | None = None

    def brighter(self, decibel: float) -> Tissue:
        """Return the same tissue with ``decibel`` more backscatter."""
        return replace(self, echo_db=self.echo_db + decibel)


FLUID_DB = -45.0

SKIN = Tissue("skin", 6.0, 0.9, mottle_db=1.0, wall_db=8.0)
FAT = Tissue("subcutaneous fat", -5.0, 0.6, mottle_db=1.5, strand_db=9.0, wall_db=8.0, wall_mm=0.6)
MUSCLE = Tissue("muscle", -4.0, 0.8, mottle_db=1.0, strand_db=7.0, wall_db=8.0, wall_mm=0.6)
RIB = Tissue("rib", 4.0, 1.0, opaque_db=3.5, wall_db=17.0, wall_mm=0.8)
BONE = Tissue("bone", 2.0, 1.0, opaque_db=6.0, wall_db=18.0, wall_mm=1.0)
MESENTERY = Tissue("mesenteric fat", -4.0, 0.55, mottle_db=4.0, strand_db=9.0, dots_db=0.0, grain_db=2.5)
BOWEL = Tissue("bowel", -10.0, 0.6, mottle_db=4.0, strand_db=2.0, grain_db=4.0, wall_db=4.0, wall_mm=1.5)
GAS = Tissue("gas", 12.0, 0.5, opaque_db=3.0, wall_db=18.0, wall_mm=1.2, dirty=1.0)
LUNG = Tissue("lung", -14.0, 0.5, opaque_db=1.0, wall_db=17.0, wall_mm=0.9, lung=1.0)
PSOAS = Tissue("psoas muscle", -7.0, 0.7, mottle_db=1.0, strand_db=5.0, wall_db=3.0)
LIVER = Tissue("liver", 0.0, 0.5, mottle_db=0.7, dots_db=5.0, wall_db=9.0, wall_mm=0.6, organ="liver")
SPLEEN = Tissue("spleen", 1.5, 0.5, mottle_db=0.2, grain_db=2.4, wall_db=12.0, wall_mm=0.9, organ="spleen")
CORTEX = Tissue("renal cortex", -3.0, 0.5, mottle_db=0.5, wall_db=9.0, wall_mm=0.6, organ="kidney")
MEDULLA = Tissue("renal medulla", -8.5, 0.4, mottle_db=0.4, organ="kidney")
SINUS = Tissue("renal sinus", 9.0, 0.6, mottle_db=3.0, grain_db=3.0, organ="kidney")
PERIRENAL_FAT = Tissue("perirenal fat", 3.0, 0.6, mottle_db=2.0, strand_db=2.0)
PANCREAS = Tissue("pancreas", 4.5, 0.55, mottle_db=0.8, grain_db=4.5, dots_db=4.0, wall_db=5.0, organ="pancreas")
BILE = Tissue("gallbladder", FLUID_DB, 0.01, mottle_db=0.0, wall_db=9.0, wall_mm=1.1, organ="gallbladder")
URINE = Tissue("bladder", FLUID_DB, 0.01, mottle_db=0.0, wall_db=7.0, wall_mm=1.8, organ="bladder")
STONE = Tissue("stone", 14.0, 1.0, opaque_db=5.0, wall_db=16.0, wall_mm=1.0)
BLOOD = Tissue("blood", -26.0, 0.05, mottle_db=0.0)
ARTERY = Tissue("artery", -27.0, 0.05, mottle_db=0.0, wall_db=8.0, wall_mm=0.8)
PORTAL_VEIN = Tissue("portal vein", -25.0, 0.05, mottle_db=0.0, wall_db=9.0, wall_mm=1.2)
HEPATIC_VEIN = Tissue("hepatic vein", -25.0, 0.05, mottle_db=0.0, wall_db=-2.0, wall_mm=0.5)
BILE_DUCT = Tissue("bile duct", -34.0, 0.02, mottle_db=0.0, wall_db=8.0, wall_mm=0.8)
UTERUS_OR_PROSTATE = Tissue("pelvic organ", -3.0, 0.6, mottle_db=1.0, wall_db=5.0)
STOMACH = Tissue("stomach", -8.0, 0.5, mottle_db=3.0, grain_db=3.0, wall_db=6.0, wall_mm=2.0)
THYROID = Tissue("thyroid", 3.0, 0.5, mottle_db=0.4, grain_db=1.0, wall_db=6.0)
AIRWAY = Tissue("trachea", 8.0, 0.5, opaque_db=4.0, wall_db=18.0, wall_mm=0.8, dirty=1.0)
EFFUSION = Tissue("effusion", FLUID_DB, 0.02, mottle_db=0.0, wall_db=6.0)
CONSOLIDATION = Tissue("consolidation", -1.0, 0.5, mottle_db=2.0, grain_db=3.0, dots_db=6.0, wall_db=3.0)
