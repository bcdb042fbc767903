"""How well an image shows Morison's pouch: grade 0 (not at all) to grade 4 (liver, kidney and pouch in full)."""

from __future__ import annotations

from sonosift.labels.space import LabelSpace

MORISON_QUALITY = LabelSpace(
    name="morison_quality",
    kind="ordinal",
    names=("grade_0", "grade_1", "grade_2", "grade_3", "grade_4"),
)
