"""Take a patient's rows out of tables, databases and frame shards; each file is the old one or the new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from sonosift.cohort import frame_store
from sonosift.cohort.annotation_table import ANNOTATIONS, append_only_statements, database_address, open_database
from sonosift.machine import atomic

_IDS_PER_STATEMENT = 500


def rewrite_table(path: Path, column: str, gone: Collection[str]) -> bool:
    """Drop the rows of a parquet file whose ``column`` is one of ``gone``; say whether there were any."""
    table = pl.read_parquet(path)
    kept = table.filter(~pl.col(column).is_in(list(gone)))
    if len(kept) == len(table):
        return False
    with atomic.replacing(path) as temporary:
        kept.write_parquet(temporary, compression="zstd", compression_level=3)
    return True


def blacken(cohort_path: Path, places: pl.DataFrame) -> int:
    """Set the frames at ``shard, row`` to zero; all others keep their bytes and their row numbers."""
    blackened = 0
    for (shard,), rows in places.group_by("shard", maintain_order=True):
        path = frame_store.shard_path(cohort_path, int(str(shard)))
        if not path.exists():
            continue
        stored = np.load(path, allow_pickle=False)
        stored[rows["row"].to_numpy()] = 0
        frame_store.write_shard(cohort_path, int(str(shard)), stored)
        blackened += len(rows)
    return blackened


def forget_annotations(cohort_path: Path, file_name: str, cohort_key: str, targets: Collection[str]) -> None:
    """Delete every annotation of the targets, in the cohort's file and in the database of all annotators."""
    file = cohort_path / file_name
    if file.exists():
        delete_from_sqlite(file, "annotations", "target_id", targets, triggers=append_only_statements("sqlite"))
    if database_address():
        _delete_from_shared(file, cohort_key, targets)


def delete_from_sqlite(
    file: Path, table: str, column: str, gone: Collection[str], *, triggers: Collection[str] = ()
) -> None:
    """Delete rows and their remains in free pages.

    Args:
        file: The database.
        table: One of our own tables.
        column: The column that names what goes.
        gone: Its values.
        triggers: What refuses deletion there; dropped for the length of the transaction and made again.
    """
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        for part in _parts(gone):
            marks = ", ".join("?" * len(part))
            connection.execute(f"DELETE FROM {table} WHERE {column} IN ({marks})", part)  # noqa: S608 - own names
        for statement in triggers:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("VACUUM")


def _delete_from_shared(file: Path, cohort_key: str, targets: Collection[str]) -> None:
    from sqlalchemy import delete, text

    engine = open_database(file)
    dialect = engine.dialect.name
    with engine.begin() as connection:
        if dialect == "postgresql":
            connection.execute(text("DROP TRIGGER IF EXISTS annotations_no_change ON annotations"))
        for part in _parts(targets):
            connection.execute(
                delete(ANNOTATIONS).where(ANNOTATIONS.c.cohort == cohort_key, ANNOTATIONS.c.target_id.in_(part))
            )
        if dialect == "postgresql":
            for statement in append_only_statements(dialect):
                connection.execute(text(statement))
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM FULL annotations"))
    engine.dispose()


def _parts(names: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(names)
    for start in range(0, len(ordered), _IDS_PER_STATEMENT):
        yield ordered[start : start + _IDS_PER_STATEMENT]
