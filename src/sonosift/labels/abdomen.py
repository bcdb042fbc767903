"""The organs of an abdominal examination: six organs, and ``other`` for an image that shows none of them."""

from __future__ import annotations

from sonosift.labels.space import LabelSpace

# The order of Table 1 of Dadoun et al. 2023, kept in every matrix, table and report.
ABDOMEN = LabelSpace(
    name="abdomen",
    kind="multi",
    names=("liver", "gallbladder", "other", "kidney", "pancreas", "spleen", "bladder"),
    exclusive="other",
)
