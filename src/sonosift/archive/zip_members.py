"""Zip files read in place: what is in them, and one member at a time as a file for the readers.

Nothing is ever written under a member's own name, so a name cannot lead anywhere; what tries is set aside all the same.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sonosift.archive.regular_file import open_regular
from sonosift.archive.sniff import HEAD_BYTES, Content, sniff_bytes
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.archive.zip_directory import Entry, read_directory
from sonosift.archive.zip_inflate import METHODS, inflated

MAX_MEMBER_BYTES = 64 << 30
MAX_TOTAL_BYTES = 4 << 40
_FREE_BYTES = 64 << 20
_MOST_RATIO = 250
_UTF_8, _ENCRYPTED = 1 << 11, 1 | 1 << 6 | 1 << 13
_OFFICE = frozenset({"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"})
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}")


@dataclass(frozen=True)
class Member:
    """A file in a zip file.

    Attributes:
        name: Fit to be recorded, with forward slashes; no two members of an archive share it.
        size: Bytes when unpacked, as declared; checked when it is unpacked.
        reason: Why it must not be read, or None.
        entry: Its line in the directory.
    """

    name: str
    size: int
    reason: Reason | None
    entry: Entry


def list_members(path: Path) -> list[Member]:
    """Return the files in a zip file, folders left out, sorted by name.

    Raises:
        Unreadable: if nothing in the archive can be trusted: no directory, members that lie over each other, more
            members or bytes than any export has; also for office documents, which are zip files too.
    """
    with open_regular(path) as handle:
        entries = read_directory(handle)
        packed_total = handle.seek(0, 2)
    _check_places(entries)
    total = sum(entry.size for entry in entries)
    if total > MAX_TOTAL_BYTES or (total > 16 * _FREE_BYTES and total > _MOST_RATIO * packed_total):
        raise Unreadable(Reason.ZIP_BOMB)
    members: list[Member] = []
    taken: set[str] = set()
    for entry in sorted(entries, key=lambda entry: (entry.raw_name, entry.header_at)):
        name = _readable_name(entry)
        if name in _OFFICE:
            raise Unreadable(Reason.NOT_AN_IMAGE)
        if name.endswith("/") or not name:
            continue
        unique = name
        number = 1
        while unique in taken:
            number += 1
            unique = f"{name}#{number}"
        taken.add(unique)
        members.append(Member(unique, entry.size, _why_not(name, entry), entry))
    return members


@contextmanager
def member_file(path: Path, member: Member | str, folder: Path) -> Iterator[Path]:
    """Unpack one member into ``folder``, under a name of our own, and remove it afterwards.

    Args:
        path: The zip file.
        member: What ``list_members`` gave, or its name.
        folder: A private one, for the time being.

    Raises:
        Unreadable: if the member must not be read, is an archive itself, holds more than it declares, is damaged, or
            does not fit on the disk.
    """
    if isinstance(member, str):
        member = _member_named(path, member)
    if member.reason is not None:
        raise Unreadable(member.reason)
    if member.size > shutil.disk_usage(folder).free // 2:
        raise Unreadable(Reason.TOO_LARGE)
    # Readers look at the suffix when the content does not tell; nothing else of the name is used.
    suffix = Path(member.name).suffix
    descriptor, name = tempfile.mkstemp("" if not _SUFFIX.fullmatch(suffix) else suffix.lower(), "member-", folder)
    try:
        with os.fdopen(descriptor, "wb") as target, open_regular(path) as handle:
            for number, piece in enumerate(inflated(handle, member.entry)):
                if number == 0 and sniff_bytes(piece[:HEAD_BYTES]) in (Content.PACKED, Content.ZIP):
                    raise Unreadable(Reason.NESTED_ARCHIVE)
                target.write(piece)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _member_named(path: Path, name: str) -> Member:
    found = path.stat()
    members = _members_by_name(path, found.st_mtime_ns, found.st_size)
    if name not in members:
        raise Unreadable(Reason.CHANGED_WHILE_READING)
    return members[name]


@lru_cache(maxsize=1)
def _members_by_name(path: Path, modified_ns: int, size: int) -> dict[str, Member]:
    # A child is asked for one member after the other: the directory is read once, until the file changes.
    del modified_ns, size
    return {member.name: member for member in list_members(path)}


def _check_places(entries: Sequence[Entry]) -> None:
    """Refuse members that share bytes: a few bytes that count a thousand times make a bomb of any size."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_at):
        if entry.header_at < end:
            raise Unreadable(Reason.ZIP_BOMB)
        end = entry.header_at + 30 + entry.packed


def _why_not(name: str, entry: Entry) -> Reason | None:
    if entry.flags & _ENCRYPTED:
        return Reason.ENCRYPTED
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        return Reason.ZIP_SLIP
    if stat.S_IFMT(entry.unix_mode) not in (0, stat.S_IFREG):
        return Reason.NOT_A_FILE
    if name.startswith("__MACOSX/"):
        return Reason.NOT_AN_IMAGE
    if entry.method not in METHODS:
        return Reason.UNSUPPORTED_ENCODING
    if entry.size > MAX_MEMBER_BYTES or (entry.size > _FREE_BYTES and entry.size > _MOST_RATIO * entry.packed):
        return Reason.ZIP_BOMB
    return None


def _readable_name(entry: Entry) -> str:
    raw = entry.raw_name if b"/" in entry.raw_name else entry.raw_name.replace(b"\\", b"/")
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        # Without the flag the name is in the code page of the first PCs, in which every byte is a character.
        flagged = entry.flags & _UTF_8
        name = raw.decode("utf-8", "backslashreplace") if flagged else raw.decode("cp437")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)
