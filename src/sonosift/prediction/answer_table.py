"""Answers for files as a table, and the table as CSV, JSON or Parquet, marked as identifying."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from sonosift.errors import SonosiftError
from sonosift.ingest.passing_files import HELD_BACK, PassingFile
from sonosift.machine import atomic
from sonosift.prediction.trained_run import Answers

ANSWERED, REFUSED = "answered", "refused"
FORMATS = ("csv", "json", "parquet")
FILE_COLUMN = "identifying_file"
"""File names may hold a patient's name: the column says so in every format."""

Row = dict[str, Any]


def answered_rows(file: PassingFile, answers: Answers, labels: Sequence[str]) -> list[Row]:
    """Return one row for each clean frame of a file."""
    rows = []
    for place, (index, time) in enumerate(zip(file.indices, file.times_s, strict=True)):
        said = [label for label, there in zip(labels, answers.decided[place], strict=True) if there]
        row = _row(file, index, time, ANSWERED, None)
        row["decided"] = "+".join(said)
        row["out_of_distribution"] = bool(answers.strange[place])
        row["distance"] = round(float(answers.distances[place]), 6)
        row |= {
            f"p_{label}": round(float(value), 6)
            for label, value in zip(labels, answers.probabilities[place], strict=True)
        }
        rows.append(row)
    return rows


def unanswered_rows(file: PassingFile) -> list[Row]:
    """Return one row for each frame that is held back, or one for a file that gave none; without any probability."""
    if file.held_back is not None:
        return [
            _row(file, index, time, HELD_BACK, file.held_back)
            for index, time in zip(file.indices, file.times_s, strict=True)
        ]
    return [_row(file, None, None, REFUSED, file.refused)]


def answer_table(rows: Sequence[Row], labels: Sequence[str]) -> pl.DataFrame:
    """Put rows into one table with all columns, null where there is no answer."""
    schema: dict[str, Any] = {
        FILE_COLUMN: pl.String,
        "frame": pl.Int64,
        "time_s": pl.Float64,
        "state": pl.String,
        "reason": pl.String,
        "decided": pl.String,
        "out_of_distribution": pl.Boolean,
        "distance": pl.Float64,
        "overlay": pl.String,
    }
    return pl.DataFrame(list(rows), schema=schema | {f"p_{label}": pl.Float64 for label in labels}, orient="row")


def format_of(out: Path) -> str:
    """Read the wanted format off a file's name.

    >>> format_of(Path("answers.csv"))
    'csv'
    """
    found = out.suffix.lower().removeprefix(".")
    if found not in FORMATS:
        raise SonosiftError(f"{out.name!r} names no format", f"End its name with one of: .{', .'.join(FORMATS)}.")
    return found


def write_answers(table: pl.DataFrame, out: Path, about: dict[str, Any]) -> None:
    """Write the table, readable by its owner alone, since it names the input files."""
    kind, marked = format_of(out), {"identifying": True} | about
    with atomic.replacing(out) as temporary:
        temporary.touch(mode=0o600)
        if kind == "csv":
            table.write_csv(temporary)
        elif kind == "json":
            temporary.write_text(json.dumps(marked | {"rows": table.to_dicts()}, indent=1) + "\n", encoding="utf-8")
        else:
            table.write_parquet(temporary, metadata={key: json.dumps(value) for key, value in marked.items()})


def _row(file: PassingFile, index: int | None, time: float | None, state: str, reason: str | None) -> Row:
    return {FILE_COLUMN: file.name, "frame": index, "time_s": time, "state": state, "reason": reason}
