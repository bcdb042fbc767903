"""Who may read the private folder, and what else lies in the cohort: permissions, links, unexpected files."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sonosift.cohort.uncleaned import FOLDER as UNCLEANED
from sonosift.cohort.uncleaned_twin import FOLDER as TWIN
from sonosift.verify.expected_files import is_expected

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

_KEY_SIZE = 32


@dataclass(frozen=True)
class FolderFinding:
    """Something about a file or folder that should not be."""

    path: str
    problem: str


def check_folders(cohort: Cohort) -> list[FolderFinding]:
    """Return what is wrong with the folders; an empty list is good."""
    found = [*_private(cohort)] if cohort.private_path.exists() else []
    key = cohort.private.key if cohort.private.exists else None
    for path in sorted(cohort.path.rglob("*")):
        name = path.relative_to(cohort.path).as_posix()
        if path.is_symlink():
            found.append(FolderFinding(name, "a link: what it points to may leave with the cohort"))
        elif path.is_file():
            if not is_expected(name):
                found.append(FolderFinding(name, "no file of a cohort: take it out"))
            if key is not None and path.stat().st_size == _KEY_SIZE and path.read_bytes() == key:
                found.append(FolderFinding(name, "a copy of the private key"))
        elif not path.is_dir():
            found.append(FolderFinding(name, "neither a file nor a folder"))
    return found


def _private(cohort: Cohort) -> list[FolderFinding]:
    found = []
    folder = cohort.private_path
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        found.append(FolderFinding(folder.name, "others may read the private folder: chmod 700"))
    for name in ("key", "sources.sqlite", "forgotten"):
        file = folder / name
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            found.append(FolderFinding(f"{folder.name}/{name}", "others may read it: chmod 600"))
    for name in (UNCLEANED, TWIN):
        inside = folder / name
        if inside.exists() and stat.S_IMODE(inside.stat().st_mode) & 0o077:
            found.append(FolderFinding(f"{folder.name}/{name}", "others may read pictures with text: chmod 700"))
    return found
