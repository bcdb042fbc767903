"""DICOM study descriptions to groups: the 44-row table of the context-encoder paper (its appendix A.1).

``paper`` is the table as printed. ``corrected`` changes the two rows that are almost surely slips:
28 (a kidney biopsy printed as liver) and 42 (a kidney drainage printed without drainage).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

STUDY_GROUPS = ("liver", "kidney", "thyroid", "abdomen", "chest", "soft tissue", "nodule", "drainage")
Variant = Literal["paper", "corrected"]


@cache
def study_description_table(variant: Variant = "paper") -> Mapping[str, frozenset[str]]:
    """Return the table: normalised study description to its set of groups."""
    text = resources.files(__package__).joinpath("study_descriptions.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({normalised(row["study_description"]): frozenset(row[variant].split("|")) for row in rows})


def normalised(description: str) -> str:
    """Strip, collapse blanks and write in capitals, as the look-up expects.

    >>> normalised("  us  biopsy liver   Focal ")
    'US BIOPSY LIVER FOCAL'
    """
    return " ".join(description.split()).upper()
