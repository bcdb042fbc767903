"""DICOM study descriptions to groups: the 44-row table of the context-encoder paper (its appendix A.1), or one's own.

``paper`` is the table as printed. ``corrected`` changes the two rows that are almost surely slips:
28 (a kidney biopsy printed as liver) and 42 (a kidney drainage printed without drainage). Any other name is
the path of a CSV file with the columns ``study_description`` and ``groups`` (several groups joined by ``|``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from sonosift.errors import SonosiftError

STUDY_GROUPS = ("liver", "kidney", "thyroid", "abdomen", "chest", "soft tissue", "nodule", "drainage")
Variant = Literal["paper", "corrected"]
StudyTable = Mapping[str, frozenset[str]]

_COLUMNS = ["study_description", "groups"]
_GROUP = re.compile(r"[\w][\w+ -]{0,39}")
_HINT = "Two columns, study_description and groups (liver|abdomen); lines that begin with # are comments."


def study_description_table(source: str | Path = "paper") -> StudyTable:
    """Return a table: normalised study description to its set of groups.

    Args:
        source: ``paper``, ``corrected``, or the path of a CSV file.
    """
    return _shipped(str(source)) if str(source) in get_args(Variant) else _read(Path(source))


def group_order(table: StudyTable) -> tuple[str, ...]:
    """Return the groups of a table in their fixed order: the paper's first, then the others by name."""
    used = {group for groups in table.values() for group in groups}
    return tuple(group for group in STUDY_GROUPS if group in used) + tuple(sorted(used - set(STUDY_GROUPS)))


def normalised(description: str) -> str:
    """Strip, collapse blanks and write in capitals, as the look-up expects.

    >>> normalised("  us  biopsy liver   Focal ")
    'US BIOPSY LIVER FOCAL'
    """
    return " ".join(description.split()).upper()


@cache
def _shipped(variant: str) -> StudyTable:
    text = resources.files(__package__).joinpath("study_descriptions.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({normalised(row["study_description"]): frozenset(row[variant].split("|")) for row in rows})


@cache
def _read(path: Path) -> StudyTable:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise SonosiftError(
            f"the table of study descriptions {path} cannot be read: {error.strerror}",
            "Give 'paper', 'corrected', or the path of a CSV file.",
        ) from error
    except UnicodeDecodeError as error:
        raise SonosiftError(f"the table {path} is not written in UTF-8", "Save it as CSV UTF-8.") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and line.lstrip()[0] != "#"]
    cells = [(number, [cell.strip() for cell in next(csv.reader([line]))]) for number, line in numbered]
    if not cells or cells[0][1] != _COLUMNS or len(cells) == 1:
        received = ",".join(cells[0][1]) if cells else "nothing"
        raise SonosiftError(f"{path} holds no table of study descriptions; its first line is {received}", _HINT)
    table: dict[str, frozenset[str]] = {}
    for number, values in cells[1:]:
        description, groups = _checked(values, f"{path}, line {number}")
        if table.setdefault(description, groups) != groups:
            raise SonosiftError(f"{path}, line {number}: {description!r} stands there twice, with other groups", _HINT)
    return MappingProxyType(table)


def _checked(values: list[str], place: str) -> tuple[str, frozenset[str]]:
    if len(values) != len(_COLUMNS):
        raise SonosiftError(f"{place}: {len(values)} columns instead of 2", _HINT)
    description, groups = normalised(values[0]), frozenset(group.strip() for group in values[1].split("|"))
    if not description:
        raise SonosiftError(f"{place}: no study description", _HINT)
    wrong = sorted(group for group in groups if not _GROUP.fullmatch(group))
    if wrong:
        raise SonosiftError(f"{place}: {wrong[0]!r} is no name of a group", _HINT)
    return description, groups
