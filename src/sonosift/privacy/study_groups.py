"""Transducer and study description become bits here; the raw text goes no further."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sonosift.labels.study_descriptions import group_order, normalised, study_description_table

PROBE_KINDS = ("linear", "curvilinear", "phased")

# The letters in which makers name probe families; the digits behind them (a frequency range) vary.
_FAMILIES = {
    "curvilinear": ("SC", "XC", "CA", "CX", "C"),
    "linear": ("SL", "XL", "LA", "ML", "LX", "L"),
    "phased": ("SP", "PA", "XP", "S", "P", "X"),
}
# C5-1, SL10-2, ML6-15-D; and the makers that put a frequency first: 9L4, 4C-RS.
_MODEL = re.compile(r"(?:(?P<behind>[A-Z]{1,2}) ?\d{1,2}|\d{1,2}(?P<before>[A-Z]{1,2}))(?![A-Z]{3})[0-9A-Z ./-]{0,8}$")
_WORDS = {
    "CURVILINEAR": "curvilinear", "CURVED": "curvilinear", "CONVEX": "curvilinear", "SECTOR_CURVED": "curvilinear",
    "LINEAR": "linear", "SECTOR_PHASED": "phased", "PHASED": "phased",
}  # fmt: skip


def mapped_study_groups(description: str | None, source: str = "paper") -> list[str]:
    """Look a study description up in a table; an unknown or missing one has no groups.

    Args:
        description: As the header has it.
        source: ``paper``, ``corrected``, or the path of the user's own CSV file.

    >>> mapped_study_groups("us thyroid  biopsy")
    ['thyroid', 'nodule']
    """
    table = study_description_table(source)
    groups = table.get(normalised(description or ""), frozenset())
    return [name for name in group_order(table) if name in groups]


def mapped_transducer(names: Iterable[str]) -> str | None:
    """Map the values of Transducer Data to the kind of probe, or None where no value tells.

    >>> mapped_transducer(["SC6-1"]), mapped_transducer(["SL15-4", "UNUSED"]), mapped_transducer(["Dr Smith"])
    ('curvilinear', 'linear', None)
    """
    for name in names:
        kind = _probe_kind(name)
        if kind is not None:
            return kind
    return None


def _probe_kind(name: str) -> str | None:
    text = name.strip().upper().replace("_", "-")
    family = _MODEL.match(text)
    if family is not None:
        letters = family["behind"] or family["before"]
        for kind, families in _FAMILIES.items():
            if letters in families:
                return kind
    for word in text.replace("-", " ").replace("/", " ").split():
        if word in _WORDS:
            return _WORDS[word]
    return None
