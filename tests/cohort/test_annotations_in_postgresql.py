"""The same annotations, kept in PostgreSQL: what differs from SQLite is the triggers and who may share the database."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sonosift.cohort.annotation_table import DATABASE_VARIABLE
from sonosift.cohort.annotations import Annotation, Annotations
from sonosift.labels.abdomen import ABDOMEN

pytestmark = pytest.mark.postgres


def _programs() -> Path | None:
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


def _missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of our own, on a free port, thrown away afterwards."""
    programs = _programs()
    if programs is None:
        _missing("no PostgreSQL server: apt-get install postgresql")
    if find_spec("psycopg") is None:
        _missing("no PostgreSQL driver: pip install 'sonosift[postgres]'")
    # The server refuses to run as root.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        if user:
            shutil.chown(folder, "postgres")

        def run(*command: str) -> None:
            subprocess.run([*user, *command], check=True, capture_output=True, cwd="/")

        run(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "sonosift", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(str(programs / "pg_ctl"), "-D", str(data), "-l", f"{folder}/log", "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://sonosift@127.0.0.1:{port}/postgres"
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


@pytest.fixture
def annotations(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Annotations]:
    monkeypatch.setenv(DATABASE_VARIABLE, address)
    made = Annotations(tmp_path, f"cohort {tmp_path.name}", ABDOMEN)
    yield made
    if "_engine" in made.__dict__:
        made._engine.dispose()


def test_labels_and_history(annotations: Annotations, tmp_path: Path) -> None:
    annotations.add("frame", "a", {"liver"}, "ann", "expert")
    annotations.add("frame", "a", {"kidney", "liver"}, "bob", "expert")
    many = [
        Annotation(target_kind="frame", target_id=str(number), names=("other",), author="ann", source="csv")
        for number in range(2000)
    ]
    assert annotations.add_many(many) == 2000
    matrix, known = annotations.label_matrix(["a", "x", "5"])
    assert known.tolist() == [True, False, True]
    assert ABDOMEN.decode(matrix[0]) == ("liver", "kidney")
    assert annotations.history("frame", "a")["author"].to_list() == ["ann", "bob"]
    assert len(annotations) == 2002
    assert not (tmp_path / "labels.sqlite").exists()


def test_cohorts_share_the_database_but_not_their_labels(annotations: Annotations, tmp_path: Path) -> None:
    annotations.add("frame", "a", {"liver"}, "ann", "expert")
    other = Annotations(tmp_path, "another cohort", ABDOMEN)
    assert not other.label_matrix(["a"]).known.any()
    other._engine.dispose()


@pytest.mark.parametrize(
    "statement", ["UPDATE annotations SET author = 'eve'", "DELETE FROM annotations", "TRUNCATE annotations"]
)
def test_the_database_refuses_changes(annotations: Annotations, statement: str) -> None:
    annotations.add("frame", "a", {"liver"}, "ann", "expert")
    with pytest.raises(DBAPIError, match="append-only"), annotations._engine.begin() as connection:
        connection.execute(text(statement))
    assert annotations.history("frame", "a")["author"].to_list() == ["ann"]


def test_a_second_process_finds_the_table_as_it_is(annotations: Annotations, tmp_path: Path) -> None:
    annotations.add("frame", "a", {"liver"}, "ann", "expert")
    again = Annotations(tmp_path, f"cohort {tmp_path.name}", ABDOMEN)
    assert len(again) == 1
    again._engine.dispose()
