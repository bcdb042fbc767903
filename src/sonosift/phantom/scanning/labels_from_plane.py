"""Labels read off the plane: an organ counts when enough of it is in view and not in shadow."""

from __future__ import annotations

import numpy as np

from sonosift.phantom.physics.arrays import FloatArray
from sonosift.phantom.physics.propagation import SHADOW_DB
from sonosift.phantom.physics.sections import Section

ORGANS = ("liver", "gallbladder", "kidney", "pancreas", "spleen", "bladder")
OTHER = "other"
# Share of the fan that an organ must fill, in view and out of shadow, to be named.
NAMED_FROM = {"liver": 0.04, "gallbladder": 0.012, "kidney": 0.03, "pancreas": 0.03, "spleen": 0.045, "bladder": 0.02}
# Below this share of the threshold nothing of the organ can be made out; in between an expert would hesitate.
HESITATION_FROM = 0.25


def visible_shares(section: Section, loss_db: FloatArray, cell_area: FloatArray) -> dict[str, float]:
    """Return the share of the fan that each organ fills, in view and out of shadow.

    Args:
        section: The cut.
        loss_db: Excess loss of sound at each point.
        cell_area: Area of each polar cell (any unit), zero outside the picture.
    """
    weight = (cell_area * (loss_db < SHADOW_DB)).astype(np.float32)
    counts = np.bincount(section.index.ravel(), weights=weight.ravel(), minlength=len(section.tissues))
    total = max(float(cell_area.sum()), 1e-6)
    return {organ: float(counts[section.organ_codes(organ)].sum()) / total for organ in ORGANS}


def shadowed_share(loss_db: FloatArray, cell_area: FloatArray) -> float:
    """Return the share of the fan that lies in shadow."""
    return float(((loss_db >= SHADOW_DB) * cell_area).sum() / max(float(cell_area.sum()), 1e-6))


def labels_of(shares: dict[str, float]) -> frozenset[str]:
    """Return the organs that are named, or ``other`` when there are none."""
    named = frozenset(organ for organ, share in shares.items() if share >= NAMED_FROM[organ])
    return named or frozenset({OTHER})


def hesitations(shares: dict[str, float]) -> int:
    """Count the organs that are neither clearly in view nor clearly absent."""
    return sum(HESITATION_FROM * NAMED_FROM[organ] < share < 1.3 * NAMED_FROM[organ] for organ, share in shares.items())
