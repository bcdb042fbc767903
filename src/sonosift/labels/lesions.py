"""Focal liver lesions: their kinds, and which of them are malignant."""

from __future__ import annotations

from collections.abc import Iterable

from sonosift.labels.space import LabelSpace

LESIONS = LabelSpace(
    name="lesions",
    kind="lesion",
    names=("no_lesion", "cyst", "angioma", "metastasis", "hcc", "fnh"),
    exclusive="no_lesion",
)

MALIGNANT: frozenset[str] = frozenset({"metastasis", "hcc"})


def is_malignant(kinds: Iterable[str]) -> bool:
    """Say whether any of the lesion kinds is malignant.

    >>> is_malignant({"cyst", "hcc"}), is_malignant({"no_lesion"})
    (True, False)
    """
    return any(LESIONS.names[LESIONS.index(kind)] in MALIGNANT for kind in kinds)
