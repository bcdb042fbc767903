"""The table of annotations: append-only, refused to UPDATE and DELETE by the database itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import DDL, Column, Engine, Index, Integer, MetaData, Table, Text, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from sonosift.cohort.network_file_system import refuse_network_file_system
from sonosift.errors import SonosiftError

DATABASE_VARIABLE = "SONOSIFT_DATABASE"

_metadata = MetaData()

ANNOTATIONS = Table(
    "annotations",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # Several cohorts may share one PostgreSQL database.
    Column("cohort", Text, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("space", Text, nullable=False),
    Column("names", Text, nullable=False),
    Column("boxes", Text, nullable=True),
    Column("author", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    # AUTOINCREMENT: an id is never given twice, so ids order the annotations for ever.
    sqlite_autoincrement=True,
)
Index("annotations_by_target", ANNOTATIONS.c.cohort, ANNOTATIONS.c.space, ANNOTATIONS.c.target_id)

_SQLITE_TRIGGERS = [
    f"CREATE TRIGGER IF NOT EXISTS annotations_no_{verb.lower()} BEFORE {verb} ON annotations "
    "BEGIN SELECT RAISE(ABORT, 'annotations are append-only: add a correction instead'); END"
    for verb in ("UPDATE", "DELETE")
]
_POSTGRES_TRIGGERS = [
    "CREATE OR REPLACE FUNCTION annotations_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'annotations are append-only: add a correction instead'; END $$",
    "CREATE OR REPLACE TRIGGER annotations_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON annotations "
    "FOR EACH STATEMENT EXECUTE FUNCTION annotations_refuse()",
]
for _dialect, _statements in (("sqlite", _SQLITE_TRIGGERS), ("postgresql", _POSTGRES_TRIGGERS)):
    for _statement in _statements:
        _trigger = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(ANNOTATIONS, "after_create", _trigger.execute_if(dialect=_dialect))


def database_address() -> str:
    """Return the database that ``SONOSIFT_DATABASE`` names, empty for the cohort's own file."""
    return os.environ.get(DATABASE_VARIABLE, "").strip()


def append_only_statements(dialect: str) -> list[str]:
    """Return the statements that make the table refuse changes, in the words of this database."""
    return list({"sqlite": _SQLITE_TRIGGERS, "postgresql": _POSTGRES_TRIGGERS}[dialect])


def open_database(file: Path) -> Engine:
    """Open the annotations: the database that ``SONOSIFT_DATABASE`` names, else the SQLite ``file``."""
    url = database_address()
    if not url:
        refuse_network_file_system(file.parent, f"Put the annotations into PostgreSQL: set {DATABASE_VARIABLE}.")
        engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 30})
        event.listen(engine, "connect", _be_careful)
        _metadata.create_all(engine)
        return engine
    try:
        engine = create_engine(make_url(url), pool_pre_ping=True)
        _metadata.create_all(engine)
    except ArgumentError:
        # The address may hold a password: it is not repeated.
        raise SonosiftError(
            f"{DATABASE_VARIABLE} is not a database address", "Expected: postgresql+psycopg://USER@HOST/DATABASE"
        ) from None
    except ImportError as error:
        raise SonosiftError(
            f"the driver for {DATABASE_VARIABLE} is not installed ({error.name})",
            "Install it with: pip install 'sonosift[postgres]'",
        ) from None
    except SQLAlchemyError as error:
        raise SonosiftError(
            f"the database that {DATABASE_VARIABLE} names does not answer ({type(error).__name__})",
            "Check that it runs and that the address and the password are right.",
        ) from None
    return engine


def _be_careful(connection: Any, _record: object) -> None:
    # A rollback journal, not a write-ahead log: the database stays one file that can be copied with the cohort.
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = DELETE")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()
