"""Where every clip came from: the private table that leads back from a pseudonym to a file of the archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

SourceState = Literal["ingested", "quarantined", "skipped"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (
    path TEXT NOT NULL, member TEXT NOT NULL, sha256 TEXT NOT NULL, modified_ns INTEGER NOT NULL,
    size INTEGER NOT NULL, state TEXT NOT NULL, clip TEXT, reason TEXT, frames INTEGER NOT NULL,
    held_frames INTEGER NOT NULL, PRIMARY KEY (path, member)
);
CREATE INDEX IF NOT EXISTS sources_by_clip ON sources (clip);
CREATE INDEX IF NOT EXISTS sources_by_hash ON sources (sha256);
CREATE TABLE IF NOT EXISTS patient_numbers (
    number TEXT NOT NULL, patient TEXT NOT NULL, PRIMARY KEY (number, patient)
);
"""
# Columns that came later; a table from before gets them when it is next opened.
_ADDED = dict.fromkeys(("patient", "exam", "rule", "held_reason", "fan_template", "accepted_despite"), "TEXT")
_ADDED["dark_frames"] = "INTEGER NOT NULL DEFAULT 0"


@dataclass(frozen=True)
class Source:
    """One file of the archive, or one member of a zip in it, as ingest last saw it.

    Attributes:
        path: Posix path relative to the archive.
        member: Name inside the zip; empty for a plain file.
        sha256: Hash of the bytes; empty if they could not be read.
        modified_ns: Modification time.
        size: Bytes.
        state: What became of it.
        clip: Pseudonym of its clip, if it was ingested.
        reason: Reason code, if it was quarantined or skipped.
        frames: Frames that entered the cohort.
        held_frames: Frames held back for review.
        patient: Pseudonym of the patient, where it is known.
        exam: Pseudonym of the exam, where it is known.
        rule: The step of the scope rules that it failed, if it was skipped for that.
        held_reason: Why its frames are held back, as a code.
        fan_template: The fan template that its fan was taken from; for a clip held for its fan, those that were tried.
        accepted_despite: Why its frames were held back before a person let them in.
        dark_frames: Frames that show nothing and were left out.
    """

    path: str
    member: str = ""
    sha256: str = ""
    modified_ns: int = 0
    size: int = 0
    state: SourceState = "ingested"
    clip: str | None = None
    reason: str | None = None
    frames: int = 0
    held_frames: int = 0
    patient: str | None = None
    exam: str | None = None
    rule: str | None = None
    held_reason: str | None = None
    fan_template: str | None = None
    accepted_despite: str | None = None
    dark_frames: int = 0


_COLUMNS = tuple(field.name for field in fields(Source))


class Sources:
    """``sources.sqlite``: one row per source, replaced when the source is ingested again.

    Beside it stand the keyed hashes of patient numbers: a still that comes later may bear one in its name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, sources: Iterable[Source]) -> None:
        """Store what became of ``sources``, in one transaction."""
        marks = ", ".join("?" * len(_COLUMNS))
        statement = f"INSERT OR REPLACE INTO sources ({', '.join(_COLUMNS)}) VALUES ({marks})"  # noqa: S608 - own names
        with self._connection() as connection:
            connection.executemany(statement, [astuple(source) for source in sources])

    def record_numbers(self, numbers: Iterable[tuple[str, str]]) -> None:
        """Remember which patient a hashed number belongs to; the same number may belong to several."""
        with self._connection() as connection:
            connection.executemany("INSERT OR IGNORE INTO patient_numbers VALUES (?, ?)", sorted(numbers))

    def numbers(self) -> list[tuple[str, str]]:
        """Return hashed numbers with their patients."""
        with self._connection() as connection:
            return list(connection.execute("SELECT number, patient FROM patient_numbers ORDER BY number, patient"))

    def get(self, path: str, member: str = "") -> Source | None:
        """Return the row of one source, or None if ingest has never seen it."""
        found = self._select("WHERE path = ? AND member = ?", (path, member))
        return found[0] if found else None

    def with_hash(self, sha256: str) -> list[Source]:
        """Return every source with these very bytes."""
        return self._select("WHERE sha256 = ?", (sha256,))

    def of_clip(self, clip: str) -> list[Source]:
        """Return the sources of one clip."""
        return self._select("WHERE clip = ?", (clip,))

    def all(self) -> list[Source]:
        """Return every source in the order of its path."""
        return self._select("", ())

    def clips_of(self, path: str) -> list[str]:
        """Return the clips that came out of a file, in the order of its members."""
        return [source.clip for source in self._select("WHERE path = ?", (path,)) if source.clip is not None]

    def _select(self, condition: str, values: tuple[str, ...]) -> list[Source]:
        statement = f"SELECT {', '.join(_COLUMNS)} FROM sources {condition} ORDER BY path, member"  # noqa: S608
        with self._connection() as connection:
            return [Source(*row) for row in connection.execute(statement, values)]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            self._path.chmod(0o600)
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(_SCHEMA)
            present = {row[1] for row in connection.execute("PRAGMA table_info(sources)")}
            for column, kind in _ADDED.items():
                if column not in present:
                    connection.execute(f"ALTER TABLE sources ADD COLUMN {column} {kind}")
            with connection:
                yield connection
