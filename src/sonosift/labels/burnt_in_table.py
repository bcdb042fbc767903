"""Reading a dictionary of burnt-in texts from a CSV file, with the line of each mistake."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sonosift.errors import SonosiftError
from sonosift.labels.burnt_in_words import split_words

_COLUMNS = ["text", "label"]
_LABEL = re.compile(r"[\w+ -]{0,64}")
_HINT = "The file has two columns, text and label; lines that begin with # are comments."


@dataclass(frozen=True)
class Row:
    """One line of a dictionary: an empty label says that the text names nothing."""

    line: int
    text: str
    label: str


def read_rows(path: Path) -> list[Row]:
    """Read the rows of a CSV file, or say what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SonosiftError(f"the dictionary {path} cannot be read: {error.strerror}", _HINT) from error
    except UnicodeDecodeError as error:
        raise SonosiftError(f"the dictionary {path} is not written in UTF-8", "Save it as CSV UTF-8.") from error
    return parse_rows(text.splitlines(), str(path))


def parse_rows(lines: Iterable[str], source: str) -> list[Row]:
    """Check every line; ``source`` names the file in a message."""
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if _holds_data(line)]
    if not numbered:
        raise SonosiftError(f"the dictionary {source} is empty", _HINT)
    cells = [(number, [cell.strip() for cell in next(csv.reader([line]), [])]) for number, line in numbered]
    first, header = cells[0]
    if header != _COLUMNS:
        raise SonosiftError(f"{source}, line {first}: the columns are {','.join(header)}; expected text,label", _HINT)
    rows = [_checked(number, values, source) for number, values in cells[1:]]
    if not rows:
        raise SonosiftError(f"the dictionary {source} holds no text", _HINT)
    return rows


def _holds_data(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _checked(number: int, values: list[str], source: str) -> Row:
    if len(values) != len(_COLUMNS):
        raise SonosiftError(f"{source}, line {number}: {len(values)} columns instead of 2", _HINT)
    text, label = values
    if not split_words(text):
        raise SonosiftError(f"{source}, line {number}: the text {text!r} holds no word", _HINT)
    if not _LABEL.fullmatch(label):
        raise SonosiftError(
            f"{source}, line {number}: {label!r} is no label",
            "A label holds letters, digits, _, + and -, at most 64 of them.",
        )
    return Row(number, text, label)
