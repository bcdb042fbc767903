"""What happens to written files after the exam: packed into a zip, or named in letters that are not UTF-8."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from typing import Any

from sonosift.phantom.files.written import Written

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def pack(root: Path, written: Written, folder: str, packed: str) -> None:
    """Put all files of an exam into one zip, as a PACS exports it, and take the loose files away.

    Args:
        root: The folder that holds ``archive`` and ``truth``.
        written: Rows of the truth tables; changed in place.
        folder: Of the exam, relative to the archive.
        packed: Name of the zip, relative to the archive.
    """
    archive = root / "archive"
    path = archive / packed
    path.parent.mkdir(parents=True, exist_ok=True)
    inside = {str(row["file"]): str(row["file"]).removeprefix(f"{folder}/") for row in written.files}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as whole:
        for file, member in sorted(inside.items()):
            entry = zipfile.ZipInfo(member, date_time=_ZIP_DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            whole.writestr(entry, (archive / file).read_bytes(), compresslevel=1)
    for file, member in inside.items():
        (archive / file).unlink()
        _move_truth(root, file, f"{packed}/{member}")
        _tell(written, file, packed, member)
    _remove_empty(archive / folder, archive)


def rename_in_latin_1(root: Path, written: Written, file: str) -> None:
    r"""Give a file a name in the bytes of Latin-1, as old Windows machines write it; only Linux can store it.

    The truth then names it as ``storable`` does: what is not UTF-8 stands there as ``\xdc``.
    """
    if sys.platform != "linux":
        return
    archive = root / "archive"
    old = archive / file
    new = old.with_name(os.fsdecode("Übersicht_".encode("latin-1")) + old.name)
    old.rename(new)
    told = storable(new.relative_to(archive).as_posix())
    _move_truth(root, file, told)
    _tell(written, file, told, "")


def storable(path: str) -> str:
    r"""Write a path so that a table can hold it: bytes that are not UTF-8 become ``\x..``.

    >>> storable(os.fsdecode(b"a/\xdcber.dcm"))
    'a/\\xdcber.dcm'
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _move_truth(root: Path, old: str, new: str) -> None:
    for kind in ("masks", "clean"):
        source, target = root / "truth" / kind / f"{old}.npz", root / "truth" / kind / f"{new}.npz"
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
            _remove_empty(source.parent, root / "truth" / kind)


def _tell(written: Written, old: str, file: str, member: str) -> None:
    rows: list[dict[str, Any]] = [*written.frames, *written.files]
    for row in rows:
        if row["file"] == old and not row["member"]:
            row["file"], row["member"] = file, member
        if row.get("is_duplicate_of") == old and not row.get("duplicate_of_member"):
            row["is_duplicate_of"], row["duplicate_of_member"] = file, member


def _remove_empty(folder: Path, stop: Path) -> None:
    while folder != stop and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
