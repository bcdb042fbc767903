"""What an operator types on the screen for a view: abbreviations, word orders, languages, typos, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ENGLISH: dict[str, tuple[str, ...]] = {
    "liver_left_sag": ("LIVER LT LOBE SAG", "LT LOBE SAG", "LT LIVER LONG", "LIVER LEFT SAG", "SAG LT LIVER",
        "LIV LT SAG"),
    "liver_left_trv": ("LIVER LT LOBE TRV", "LT LOBE TRV", "LT LIVER TRANS", "LIVER LEFT TRANSVERSE", "TRV LT LIVER"),
    "liver_right_lobe": ("LIVER RT LOBE", "RT LOBE", "RIGHT LOBE LIVER", "LIVER RT", "RT LIVER", "LIV RT LOBE"),
    "liver_dome": ("LIVER DOME", "DOME", "LIV DOME", "RT LOBE DOME", "DOME LIVER"),
    "portal_vein": ("PORTAL VEIN", "MPV", "PV", "MAIN PORTAL VEIN", "LIVER PV", "PORTA HEPATIS"),
    "gallbladder_sag": ("GB SAG", "GALLBLADDER SAG", "GB LONG", "SAG GB", "GB", "GALLBLADDER"),
    "gallbladder_trv": ("GB TRV", "GALLBLADDER TRANS", "TRV GB", "GB TRANS", "GB"),
    "common_bile_duct": ("CBD", "COMMON BILE DUCT", "COMMON DUCT", "CBD 4MM", "CHD/CBD"),
    "pancreas": ("PANCREAS", "PANC", "PANC HEAD/BODY", "PANCREAS TRV", "PANC BODY", "PANCREAS TAIL"),
    "aorta": ("AORTA", "AORTA PROX", "AO SAG", "PROX AORTA", "AO TRV MID", "MID AORTA"),
    "right_kidney_sag": ("RT KIDNEY SAG", "RK SAG", "RIGHT KIDNEY LONG", "SAG RT KID", "RT KIDNEY", "RT KID LONG"),
    "right_kidney_trv": ("RT KIDNEY TRV", "RK TRV", "RIGHT KIDNEY TRANS", "TRV RT KID MID", "RT KID TRV"),
    "left_kidney_sag": ("LT KIDNEY SAG", "LK SAG", "LEFT KIDNEY LONG", "SAG LT KID", "LT KIDNEY", "LT KID LONG"),
    "left_kidney_trv": ("LT KIDNEY TRV", "LK TRV", "LEFT KIDNEY TRANS", "TRV LT KID MID", "LT KID TRV"),
    "spleen": ("SPLEEN", "SPLEEN LONG", "SPL", "SPLEEN SAG", "LUQ SPLEEN"),
    "bladder_sag": ("BLADDER SAG", "BLAD SAG", "SAG BLADDER", "BLADDER LONG", "BLADDER PREVOID"),
    "bladder_trv": ("BLADDER TRV", "BLAD TRV", "TRV BLADDER", "BLADDER TRANS", "BLADDER POSTVOID"),
    "thyroid_right": ("THYROID RT", "RT THYROID SAG", "RT LOBE THYROID", "THY RT TRV", "RIGHT THYROID"),
    "thyroid_left": ("THYROID LT", "LT THYROID SAG", "LT LOBE THYROID", "THY LT TRV", "LEFT THYROID"),
    "lung": ("LUNG", "RT LUNG ANT", "LT LUNG BASE", "CHEST RT", "CHEST", "R2", "LUNG L1"),
    "neck": ("NECK RT", "NECK LEVEL II", "NECK LT", "LN LEVEL III", "SUBMANDIBULAR"),
    "soft_tissue": ("SOFT TISSUE", "AREA OF INTEREST", "LT ARM", "RT GROIN", "PALPABLE LUMP", "THIGH LAT"),
}  # fmt: skip
_FRENCH: dict[str, tuple[str, ...]] = {
    "liver_left_sag": ("FOIE GAUCHE SAG", "LOBE GAUCHE"), "liver_left_trv": ("FOIE GAUCHE TRANS", "LOBE GAUCHE TR"),
    "liver_right_lobe": ("FOIE DROIT", "FOIE LOBE DROIT", "LOBE DROIT"), "liver_dome": ("DOME HEPATIQUE", "FOIE DOME"),
    "portal_vein": ("TRONC PORTE", "VEINE PORTE", "VP"), "gallbladder_sag": ("VESICULE", "VB LONG"),
    "gallbladder_trv": ("VESICULE TR", "VB TR"), "common_bile_duct": ("VBP", "CHOLEDOQUE"), "pancreas": ("PANCREAS",
        "PANC"),
    "aorta": ("AORTE",), "right_kidney_sag": ("REIN DROIT", "RD LONG"), "right_kidney_trv": ("REIN DROIT TR", "RD TR"),
    "left_kidney_sag": ("REIN GAUCHE", "RG LONG"), "left_kidney_trv": ("REIN GAUCHE TR", "RG TR"), "spleen": ("RATE",),
    "bladder_sag": ("VESSIE", "VESSIE SAG"), "bladder_trv": ("VESSIE TR",), "thyroid_right": ("THYROIDE DROITE",
        "LD THYR"),
    "thyroid_left": ("THYROIDE GAUCHE", "LG THYR"), "lung": ("POUMON", "BASE DROITE"), "neck": ("COU",
        "CERVICAL DROIT"),
    "soft_tissue": ("PARTIES MOLLES",),
}  # fmt: skip
_GERMAN: dict[str, tuple[str, ...]] = {
    "liver_left_sag": ("LEBER LI LAENGS", "LI LEBERLAPPEN"), "liver_left_trv": ("LEBER LI QUER",),
    "liver_right_lobe": ("LEBER RE", "RE LEBERLAPPEN", "LEBER"), "liver_dome": ("LEBERKUPPEL", "LEBER KUPPEL"),
    "portal_vein": ("PFORTADER", "V. PORTAE"), "gallbladder_sag": ("GALLENBLASE", "GB LAENGS"),
    "gallbladder_trv": ("GALLENBLASE QUER", "GB QUER"), "common_bile_duct": ("DHC", "GALLENGANG"),
    "pancreas": ("PANKREAS",),
    "aorta": ("AORTA", "AORTA ABD"), "right_kidney_sag": ("NIERE RE", "RE NIERE LAENGS"),
    "right_kidney_trv": ("NIERE RE QUER",),
    "left_kidney_sag": ("NIERE LI", "LI NIERE LAENGS"), "left_kidney_trv": ("NIERE LI QUER",), "spleen": ("MILZ",),
    "bladder_sag": ("HARNBLASE", "BLASE LAENGS"), "bladder_trv": ("BLASE QUER",), "thyroid_right": ("SD RE",
        "SCHILDDRUESE RE"),
    "thyroid_left": ("SD LI", "SCHILDDRUESE LI"), "lung": ("LUNGE", "LUNGE RE"), "neck": ("HALS RE",),
    "soft_tissue": ("WEICHTEILE",),
}  # fmt: skip
LANGUAGES: dict[str, dict[str, tuple[str, ...]]] = {"english": _ENGLISH, "french": _FRENCH, "german": _GERMAN}


@dataclass(frozen=True)
class TypingHabit:
    """How one operator types.

    Attributes:
        language: A key of ``LANGUAGES``.
        silence: Share of frames without any text.
        typos: Share of texts with one wrong letter.
        case: upper, lower or title.
    """

    language: str = "english"
    silence: float = 0.4
    typos: float = 0.06
    case: str = "upper"


def draw_habit(rng: np.random.Generator) -> TypingHabit:
    """Draw an operator's habit: most type English in capitals."""
    return TypingHabit(
        language=str(rng.choice(["english", "french", "german"], p=[0.8, 0.1, 0.1])),
        silence=float(rng.uniform(0.25, 0.6)),
        typos=float(rng.uniform(0.0, 0.1)),
        case=str(rng.choice(["upper", "lower", "title"], p=[0.75, 0.2, 0.05])),
    )


def annotation_for(view: str, habit: TypingHabit, rng: np.random.Generator) -> str | None:
    """Return what the operator types for ``view``, or None for nothing (also for a view nobody has words for)."""
    phrases = LANGUAGES[habit.language].get(view)
    if phrases is None or rng.random() < habit.silence:
        return None
    text = phrases[int(rng.integers(len(phrases)))]
    if rng.random() < habit.typos:
        text = with_typo(text, rng)
    cases = {"upper": text.upper(), "lower": text.lower(), "title": text.title()}
    return cases[habit.case]


def with_typo(text: str, rng: np.random.Generator) -> str:
    """Drop, double, swap or replace one letter, as quick fingers do."""
    places = [place for place, letter in enumerate(text) if letter.isalpha()]
    if len(places) < 4:
        return text  # nobody mistypes "GB" and still recognises it
    place = places[int(rng.integers(1, len(places)))]
    letter = text[place]
    kind = int(rng.integers(4))
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + letter + text[place:]
    if kind == 2:
        return text[: place - 1] + letter + text[place - 1] + text[place + 1 :]
    neighbour = "QWERTYUIOPASDFGHJKLZXCVBNM"[int(rng.integers(26))]
    return text[:place] + neighbour + text[place + 1 :]
