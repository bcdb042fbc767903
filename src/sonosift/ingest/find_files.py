"""The files of an archive in one fixed order, without walking in circles."""

from __future__ import annotations

import os
from pathlib import Path

from sonosift.errors import SonosiftError


def find_files(archive: Path) -> list[str]:
    """Return the paths of all files below ``archive``, relative to it, sorted by their bytes.

    Links to folders are not followed.
    """
    if not archive.is_dir():
        what = "is a file" if archive.exists() else "does not exist"
        raise SonosiftError(f"the archive {archive} {what}", "Give the folder that holds the images.")
    found: list[str] = []
    for folder, subfolders, names in os.walk(archive):
        subfolders.sort()
        inside = Path(folder).relative_to(archive).as_posix()
        found += [name if inside == "." else f"{inside}/{name}" for name in names]
    return sorted(found, key=os.fsencode)
