from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sonosift.cohort.sources import Source, Sources


def test_record_get_and_replace(tmp_path: Path) -> None:
    sources = Sources(tmp_path / "sources.sqlite")
    assert sources.get("a.dcm") is None
    assert sources.all() == []
    first = Source("a.dcm", sha256="12", modified_ns=2**62, size=5, state="quarantined", reason="truncated")
    sources.record([first])
    assert sources.get("a.dcm") == first
    mended = Source("a.dcm", sha256="13", size=9, clip="c", frames=4, held_frames=1)
    sources.record([mended, Source("0.dcm", sha256="13")])
    assert Sources(tmp_path / "sources.sqlite").all() == [Source("0.dcm", sha256="13"), mended]
    assert sources.with_hash("12") == []
    assert len(sources.with_hash("13")) == 2
    assert sources.of_clip("c") == [mended]


def test_members_are_sources_of_their_own(tmp_path: Path) -> None:
    sources = Sources(tmp_path / "sources.sqlite")
    sources.record(Source("a.zip", f"{index}.png", clip=f"c{index}") for index in (2, 1))
    assert sources.clips_of("a.zip") == ["c1", "c2"]
    assert sources.get("a.zip") is None


def test_a_table_from_before_a_column_existed(tmp_path: Path) -> None:
    file = tmp_path / "sources.sqlite"
    sources = Sources(file)
    sources.record(
        [Source("a.dcm", clip="c", patient="p", exam="e", rule="not x=y", held_reason="no_fan", dark_frames=2)]
    )
    with closing(sqlite3.connect(file)) as connection:
        for column in ("patient", "exam", "rule", "held_reason", "fan_template", "dark_frames"):
            connection.execute(f"ALTER TABLE sources DROP COLUMN {column}")
        connection.commit()
    assert sources.get("a.dcm") == Source("a.dcm", clip="c")
    sources.record([Source("b.dcm", patient="q")])
    assert [source.patient for source in sources.all()] == [None, "q"]


def test_numbers_of_patients(tmp_path: Path) -> None:
    sources = Sources(tmp_path / "sources.sqlite")
    assert sources.numbers() == []
    sources.record_numbers([("n2", "p1"), ("n1", "p1")])
    sources.record_numbers([("n1", "p2"), ("n1", "p1")])
    assert sources.numbers() == [("n1", "p1"), ("n1", "p2"), ("n2", "p1")]


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    Sources(tmp_path / "sources.sqlite").record([Source("a")])
    assert (tmp_path / "sources.sqlite").stat().st_mode & 0o777 == 0o600
