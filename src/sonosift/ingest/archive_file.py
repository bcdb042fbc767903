"""How a file of the archive is named while it is taken in: its path, and the member if it is a zip."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class ArchiveFile:
    """A file, or a member of a zip.

    Attributes:
        path: Posix path relative to the archive, as the file system has it.
        member: Name inside the zip; empty for a plain file.
    """

    path: str
    member: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Path and member as the table of sources keeps them."""
        return storable(self.path), storable(self.member)

    @property
    def name(self) -> str:
        """One path for both: a zip counts as a folder.

        >>> ArchiveFile("export.zip", "DICOM/IM0").name
        'export.zip/DICOM/IM0'
        """
        return f"{self.path}/{self.member}" if self.member else self.path


def storable(relative_path: str) -> str:
    """Write a path so that a database takes it, whatever bytes the name holds."""
    return os.fsencode(relative_path).decode("utf-8", "backslashreplace")
