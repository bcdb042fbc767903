"""Body part examined: only the standard's own terms pass, whatever else a hospital writes there."""

from __future__ import annotations

# Of the defined terms of PS3.16 Annex L, those that an ultrasound department uses.
BODY_PARTS = frozenset({
    "ABDOMEN", "ABDOMENPELVIS", "ANKLE", "AORTA", "ARM", "AXILLA", "BLADDER", "BREAST", "CHEST", "ELBOW", "EXTREMITY",
    "EYE", "FOOT", "GALLBLADDER", "GROIN", "HAND", "HEAD", "HEADNECK", "HEART", "HIP", "KIDNEY", "KNEE", "LEG", "LIVER",
    "LUNG", "NECK", "OVARY", "PANCREAS", "PELVIS", "PENIS", "PROSTATE", "RECTUM", "SCROTUM", "SHOULDER", "SPLEEN",
    "TESTIS", "THIGH", "THYROID", "UTERUS", "WRIST",
})  # fmt: skip

IN_PAIRS = frozenset({
    "ANKLE", "ARM", "AXILLA", "BREAST", "ELBOW", "EYE", "FOOT", "HAND", "HIP", "KIDNEY", "KNEE", "LEG", "LUNG", "OVARY",
    "SHOULDER", "TESTIS", "THIGH", "WRIST",
})  # fmt: skip


def mapped_body_part(written: str | None) -> str | None:
    """Return the standard's term, or None for anything that is none.

    >>> mapped_body_part(" Liver "), mapped_body_part("Mrs Jones"), mapped_body_part(None)
    ('LIVER', None, None)
    """
    term = "".join((written or "").split()).upper()
    return term if term in BODY_PARTS else None
