"""The user's table of an archive: whose each file is, which exam it belongs to, what it shows."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TextIO

from sonosift.errors import SonosiftError, unknown_name
from sonosift.labels.space import LabelSpace

COLUMNS = ("file", "patient", "exam", "labels")
_EXAMPLE = "The first line names the columns: file,patient,exam,labels (file is needed, and one of the others)."


@dataclass(frozen=True)
class ManifestRow:
    """One line of the table."""

    line: int
    patient: str = ""
    exam: str = ""
    labels: tuple[str, ...] = ()


class Manifest:
    """The table, by path relative to the archive; a member of a zip is ``export.zip/DICOM/IM0``.

    Attributes:
        rows: What is said of each file.
        ignored: Columns that mean nothing to ingest.
    """

    def __init__(self, rows: dict[str, ManifestRow], ignored: tuple[str, ...] = ()) -> None:
        self.rows = rows
        self.ignored = ignored

    def of(self, name: str) -> ManifestRow | None:
        """Return what the table says of a file, None if it does not list it."""
        return self.rows.get(name)

    def compared(self, names: Collection[str]) -> dict[str, int]:
        """Count how the table and the archive agree."""
        present = set(names)
        both = sum(name in present for name in self.rows)
        return {
            "listed and in the archive": both,
            "listed but not in the archive": len(self.rows) - both,
            "in the archive but not listed": len(present) - both,
        }


def read_manifest(path: Path, space: LabelSpace) -> Manifest:
    """Read the table; every complaint names the line.

    Args:
        path: A CSV file in UTF-8.
        space: The labels that may stand in the column ``labels``, several separated by ``;``.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return _read(handle, path, space)
    except FileNotFoundError:
        raise SonosiftError(f"there is no manifest at {path}", "Give a CSV file.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SonosiftError(f"{path} cannot be read as a CSV table in UTF-8", str(error)) from error


def _read(handle: TextIO, path: Path, space: LabelSpace) -> Manifest:
    reader = csv.DictReader(handle, restkey="", restval=None)
    given = [(name or "").strip().lower() for name in reader.fieldnames or []]
    _check_columns(given, path)
    reader.fieldnames = given
    rows: dict[str, ManifestRow] = {}
    for values in reader:
        where = f"{path.name}, line {reader.line_num}"
        if "" in values or None in values.values():
            raise SonosiftError(f"{where}: not as many fields as the first line names", "Quote texts that hold commas.")
        name = _normalised(values["file"])
        if not name:
            raise SonosiftError(f"{where}: no file is named", "Give the path relative to the archive.")
        if name in rows:
            raise SonosiftError(
                f"{where}: {name} is listed a second time (first in line {rows[name].line})", "Keep one line per file."
            )
        rows[name] = ManifestRow(
            reader.line_num,
            (values.get("patient") or "").strip(),
            (values.get("exam") or "").strip(),
            tuple(_labels(values.get("labels") or "", space, where)),
        )
    if not rows:
        raise SonosiftError(f"{path} lists no file", _EXAMPLE)
    return Manifest(rows, tuple(name for name in given if name not in COLUMNS))


def _check_columns(given: list[str], path: Path) -> None:
    if "file" not in given or not set(given) & {"patient", "exam", "labels"}:
        raise SonosiftError(f"{path} has the columns {', '.join(given) or '(none)'}", _EXAMPLE)
    if len(set(given)) != len(given):
        raise SonosiftError(f"{path} names a column twice", _EXAMPLE)
    for name in set(given) - set(COLUMNS):
        meant = difflib.get_close_matches(name, set(COLUMNS) - set(given), n=1, cutoff=0.75)
        if meant:
            raise SonosiftError(f"{path} has a column {name!r}", f"Is it {meant[0]!r}? Rename it, or take it out.")


def _normalised(file: str) -> str:
    text = file.strip().replace("\\", "/")
    return PurePosixPath(text).as_posix() if text else ""


def _labels(written: str, space: LabelSpace, where: str) -> Iterator[str]:
    names = {name.lower(): name for name in space.names}
    chosen = [label.strip() for label in written.split(";") if label.strip()]
    for label in chosen:
        if label.lower() not in names:
            error = unknown_name("label", label, space.names)
            raise SonosiftError(f"{where}: {error.message}", error.hint)
        yield names[label.lower()]
    if chosen:
        try:
            space.encode({names[label.lower()] for label in chosen})
        except SonosiftError as error:
            raise SonosiftError(f"{where}: {error.message}", error.hint) from error
