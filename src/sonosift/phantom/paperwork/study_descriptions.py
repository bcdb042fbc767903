"""How exams are described in headers: the interventional list of the context-encoder paper, and daily words."""

from __future__ import annotations

import numpy as np

# Spelled as in the paper's appendix; each list holds what fits an exam of that kind.
_PUBLISHED: dict[str, tuple[str, ...]] = {
    "abdomen": (
        "US BIOPSY MESENTERY",
        "US ABDOMINAL PELVIC BIOPSY NOT OTHERWISE SPECIFIED", "CT ABDOMINAL PELVIC BIOPSY NOT OTHERWISE SPECIFIED",
        "US BIOPSY RETROPERITONEUM",
    ),
    "drainage": (
        "US PARACENTESIS THERAPEUTIC", "US PARACENTESIS DIAGNOSTIC AND THERAPEUTIC", "US PARACENTESIS DIAGNOSTIC",
        "US DRAINAGE ABDOMEN", "US DRAINAGE GALLBLADDER (CHOLECYSTOSTOMY)", "US ASPIRATION ABDOMINAL COLLECTION",
        "IR PARACENTESIS (THERAPEUTIC)",
    ),
    "liver": (
        "US BIOPSY LIVER NONFOCAL", "US BIOPSY LIVER FOCAL", "CT BIOPSY LIVER FOCAL", "US DRAINAGE LIVER",
    ),
    "renal": (
        "US BIOPSY KIDNEY NONFOCAL (EITHER SIDE)", "US BIOPSY TRANSPLANTED KIDNEY", "US BIOPSY KIDNEY NONFOCAL (LEFT)",
        "US BIOPSY KIDNEY FOCAL (LEFT)", "US BIOPSY KIDNEY FOCAL (RIGHT)", "US DRAINAGE KIDNEY/PARARENAL (RIGHT)",
        "US DRAINAGE KIDNEY/PARARENAL (LEFT)",
    ),
    "bladder": ("US DRAINAGE PELVIS", "US ASPIRATION PELVIS"),
    "thyroid": (
        "US THYROID BIOPSY", "US THYROID ASPIRATION/FNA", "US HEAD/NECK INTERVENTION NOT OTHERWISE SPECIFIED",
        "US NECK SOFT TISSUE BIOPSY",
    ),
    "chest": (
        "US THORACENTESIS DIAGNOSTIC AND THERAPEUTIC", "US THORACENTESIS THERAPEUTIC (RIGHT)",
        "US THORACENTESIS THERAPEUTIC (LEFT)", "US CHEST TUBE PLACEMENT (RIGHT)", "US CHEST TUBE PLACEMENT (LEFT)",
        "US THORACENTESIS DIAGNOSTIC (RIGHT)", "US THORACENTESIS DIAGNOSTIC (LEFT)",
    ),
    "soft tissue": (
        "US LYMPH NODE BIOPSY", "US DRAINAGE INTERVENTION NOT OTHERWISE SPECIFIED", "US DRAINAGE CATHETER PLACEMENT",
        "US SOFT TISSUE BIOPSY", "US BIOPSY NOT OTHERWISE SPECIFIED", "CT LYMPH NODE BIOPSY",
        "US LYMPH NODE ASPIRATION/FNA", "US SOFT TISSUE ASPIRATION", "US PSEUDOANEURYSM THROMBIN INJECTION",
    ),
}  # fmt: skip
_DAILY: dict[str, tuple[str, ...]] = {
    "abdomen": ("US ABDOMEN COMPLETE", "US ABDOMEN", "ABDOMEN", "Sono Abdomen", "US ABD RUQ", "Echographie abdominale"),
    "drainage": ("US PARACENTESIS", "US GUIDED DRAINAGE", "Punktion Aszites", "US ASCITES"),
    "liver": ("US LIVER", "US ABDOMEN LIMITED LIVER", "US LIVER DOPPLER", "Sono Leber", "LIVER"),
    "renal": ("US RENAL", "US KIDNEYS BILATERAL", "US RENAL/BLADDER", "Sono Nieren", "US RETROPERITONEAL COMPLETE"),
    "bladder": ("US BLADDER", "US PELVIS TRANSABDOMINAL", "US BLADDER POST VOID RESIDUAL", "Sono Harnblase"),
    "thyroid": ("US THYROID", "US HEAD AND NECK SOFT TISSUE", "Sono Schilddruese", "US NECK"),
    "chest": ("US CHEST", "US LUNG", "US PLEURA", "POCUS LUNG"),
    "soft tissue": ("US SOFT TISSUE", "US EXTREMITY NON VASCULAR", "US GROIN", "Weichteilsono"),
}  # fmt: skip
# Exam kinds that share the words of another.
_SAME_WORDS = {"urinary tract": "renal"}


def published_descriptions() -> tuple[str, ...]:
    """Return all 44 descriptions of the paper's appendix, sorted."""
    return tuple(sorted(description for group in _PUBLISHED.values() for description in group))


def draw_description(exam_kind: str, rng: np.random.Generator) -> tuple[str | None, str]:
    """Draw the description of an exam, and what is wrong with it.

    Returns:
        The text or None, and ``right``, ``wrong`` (of another kind of exam), or ``missing``.
    """
    kind = _SAME_WORDS.get(exam_kind, exam_kind)
    fate = rng.random()
    if fate < 0.06:
        return None, "missing"
    state = "right"
    if fate < 0.14:
        others = [other for other in _DAILY if other != kind]
        kind, state = others[int(rng.integers(len(others)))], "wrong"
    options = _PUBLISHED[kind] if rng.random() < 0.45 else _DAILY[kind]
    text = options[int(rng.integers(len(options)))]
    disguises = (text, text, text, text, text.lower(), f"  {text}", text.replace(" ", "  ", 1))
    return disguises[int(rng.integers(len(disguises)))], state
