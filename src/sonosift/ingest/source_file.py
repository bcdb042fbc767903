"""One file of the archive, or one member of a zip, as a file on disk that a reader can open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.archive.zip_members import member_file


@contextmanager
def source_file(path: Path, member: str, folder: Path) -> Iterator[Path]:
    """Yield the file itself, or a copy of the member in the private ``folder`` that goes again with the block."""
    if not member:
        yield path
        return
    with member_file(path, member, folder) as copy:
        yield copy


def check_unchanged(path: Path, modified_ns: int, size: int) -> None:
    """Refuse a file that was written to since it was first looked at."""
    try:
        found = path.stat()
    except OSError as error:
        raise Unreadable(Reason.CHANGED_WHILE_READING) from error
    if (found.st_mtime_ns, found.st_size) != (modified_ns, size):
        raise Unreadable(Reason.CHANGED_WHILE_READING)
