"""A table of super-groups: which groups, or which labels, an expert wants to see as one, under which name."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import yaml

from sonosift.errors import SonosiftError, unknown_name
from sonosift.labels.fetal_views import FETAL_VIEWS_OF_SUPER_GROUP
from sonosift.labels.views import VIEWS_OF_SUPER_GROUP

SuperGroups = dict[str, list[str]]

NAMED: dict[str, dict[str, tuple[str, ...]]] = {
    "views": VIEWS_OF_SUPER_GROUP,
    "fetal_views": FETAL_VIEWS_OF_SUPER_GROUP,
}
"""The tables that come with Sonosift, by the label space whose labels they merge."""


def read_super_groups(path: str | Path) -> SuperGroups:
    """Read names and their members.

    YAML maps a name to a list (``heart: [rvot, lvot]``); CSV has the columns ``name`` and ``member``, one row each.
    ``views`` and ``fetal_views`` are tables that need no file.
    """
    file = Path(path)
    if str(path) in NAMED and not file.exists():
        return {name: list(members) for name, members in NAMED[str(path)].items()}
    if not file.is_file():
        raise SonosiftError(
            f"there is no table of super-groups at {file}", f"Give a YAML or CSV file, or {' or '.join(NAMED)}."
        )
    text = file.read_text(encoding="utf-8")
    found: SuperGroups = {}
    if file.suffix.lower() == ".csv":
        rows = list(csv.DictReader(text.splitlines()))
        if not rows or not {"name", "member"} <= rows[0].keys():
            raise SonosiftError(f"{file} lacks the columns name and member", "One row per member.")
        for row in rows:
            found.setdefault(str(row["name"]).strip(), []).append(str(row["member"]).strip())
    else:
        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise SonosiftError(f"{file} cannot be read as YAML", str(error).splitlines()[0]) from None
        if not isinstance(content, dict) or not all(isinstance(members, list) for members in content.values()):
            raise SonosiftError(f"{file} is no table of names and lists", "For example: heart: [rvot, lvot, 4ch]")
        found = {str(name): [str(member) for member in members] for name, members in content.items()}
    empty = [name for name, listed in found.items() if not listed]
    if empty:
        raise SonosiftError(f"{file} gives {', '.join(empty)} no member", "List at least one for each name.")
    members = [member for listed in found.values() for member in listed]
    twice = sorted({member for member in members if members.count(member) > 1})
    if twice:
        raise SonosiftError(f"{file} puts {', '.join(twice)} into more than one super-group", "Name each member once.")
    return found


def super_group_of(table: SuperGroups, members: Sequence[str], kind: str) -> dict[str, int]:
    """Return the number of each member's super-group; what the table does not name stays on its own.

    Args:
        table: names and members.
        members: everything that there is to be merged, as text.
        kind: how a member is called in an error: "group" or "label".
    """
    for member in (member for listed in table.values() for member in listed):
        if member not in members:
            raise unknown_name(kind, member, members)
    numbers = {member: number for number, listed in enumerate(table.values()) for member in listed}
    alone = [member for member in members if member not in numbers]
    return numbers | {member: len(table) + place for place, member in enumerate(alone)}
