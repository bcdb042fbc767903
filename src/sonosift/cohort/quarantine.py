"""``quarantine.parquet``: what was not ingested, as source pseudonym and reason code, never a path or a message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from sonosift.errors import SonosiftError
from sonosift.machine import atomic

FILE_NAME = "quarantine.parquet"
_SCHEMA = pl.Schema({"source": pl.String(), "reason": pl.String()})
_PSEUDONYM = re.compile(r"[0-9a-f]{32,64}")
# A library's message could quote the file; a code cannot.
_REASON_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Quarantine:
    """The table of refused sources of one cohort."""

    def __init__(self, cohort_path: Path) -> None:
        self._path = cohort_path / FILE_NAME

    def read(self) -> pl.DataFrame:
        """Return ``source, reason``, in the order of the pseudonyms."""
        return pl.read_parquet(self._path) if self._path.exists() else pl.DataFrame(schema=_SCHEMA)

    def counts(self) -> dict[str, int]:
        """Return how many sources were refused for each reason, the most frequent first."""
        counted = self.read().group_by("reason").len().sort(["len", "reason"], descending=[True, False])
        return dict(zip(counted["reason"], counted["len"], strict=True))

    def add(self, refused: Iterable[tuple[str, str]]) -> None:
        """Add ``(source pseudonym, reason code)`` pairs; a later reason replaces the earlier one."""
        self._write({**dict(self.read().iter_rows()), **dict(_checked(refused))})

    def replace(self, refused: Iterable[tuple[str, str]]) -> None:
        """Make these pairs the whole table (a source that could be read after all has to go)."""
        self._write(dict(_checked(refused)))

    def _write(self, reasons: dict[str, str]) -> None:
        rows = pl.DataFrame(sorted(reasons.items()), schema=_SCHEMA, orient="row")
        with atomic.replacing(self._path) as temporary:
            rows.write_parquet(temporary, compression="zstd", compression_level=3)


def _checked(refused: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = list(refused)
    for source, reason in pairs:
        if not _PSEUDONYM.fullmatch(source):
            raise SonosiftError("a quarantined source is named by its pseudonym (32 hexadecimal digits), nothing else")
        if not _REASON_CODE.fullmatch(reason):
            raise SonosiftError(
                "a quarantine reason is a code such as 'truncated'", "Lower-case letters, digits and underscores."
            )
    return pairs
