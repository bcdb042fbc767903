from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from sonosift.cohort.catalog import CATALOG_SCHEMA
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.sources import Source
from sonosift.errors import SonosiftError
from sonosift.labels.views import VIEWS
from tests.cohort.conftest import KEY


def test_create_then_open(tmp_path: Path) -> None:
    made = Cohort.create(tmp_path / "c", size=64, label_space=VIEWS, preprocessing={"keep_doppler": False})
    assert Cohort.exists(tmp_path / "c")
    opened = Cohort.open(str(tmp_path / "c"))
    assert opened.settings == made.settings
    assert opened.settings.label_space == VIEWS
    assert opened.catalog().schema == CATALOG_SCHEMA
    assert opened.private_path.stat().st_mode & 0o777 == 0o700
    assert (opened.private_path / "key").stat().st_mode & 0o777 == 0o600
    assert len(opened.private.key) == 32


def test_keys_are_drawn_once_and_differ_between_cohorts(tmp_path: Path) -> None:
    first, second = (Cohort.create(tmp_path / name, size=64) for name in "ab")
    assert first.private.key != second.private.key
    assert first.private.create() == first.private.key


def test_a_given_key(tmp_path: Path) -> None:
    cohort = Cohort.create(tmp_path / "c", size=64, key=KEY)
    assert cohort.private.key == KEY
    assert cohort.private.exists
    with pytest.raises(SonosiftError, match="another key"):
        cohort.private.create(bytes(32))
    with pytest.raises(SonosiftError, match="32 bytes, received 3"):
        Cohort.create(tmp_path / "d", size=64, key=b"abc")
    (cohort.private_path / "key").write_bytes(b"abc")
    with pytest.raises(SonosiftError, match="has 3 bytes"):
        cohort.private.require_key(cohort.settings.key_check)


def test_killed_before_the_settings_were_written_can_be_created_again(tmp_path: Path) -> None:
    cohort = Cohort.create(tmp_path / "c", size=64)
    key = cohort.private.key
    (cohort.path / "cohort.yaml").rename(cohort.path / ".cohort.yaml.01234567.part")
    (cohort.path / "frames").rmdir()
    (cohort.path / "catalog").rmdir()
    assert not Cohort.exists(cohort.path)
    assert Cohort.create(tmp_path / "c", size=64).private.key == key


def test_opens_without_its_private_side(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(5)
    for path in cohort.private_path.iterdir():
        path.unlink()
    cohort.private_path.rmdir()
    assert len(Cohort.open(cohort.path).frames.all()) == 5


def test_no_identity_in_the_cohort(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(5)
    cohort.private.sources.record([Source("KOWALSKI/scan.dcm", clip=f"c{0:031x}")])
    for path in cohort.path.rglob("*"):
        assert not path.is_file() or (b"KOWALSKI" not in path.read_bytes() and KEY not in path.read_bytes())


@pytest.mark.parametrize(
    ("prepare", "given", "message", "hint"),
    [
        (lambda p: None, "absent", "no cohort at", "sonosift ingest"),
        (lambda p: (p / "f").write_text(""), "f", "is a file", "cohort.yaml"),
        (lambda p: (p / "archive").mkdir(), "archive", "not a cohort", "sonosift ingest archive COHORT"),
        (lambda p: Cohort.create(p / "c", size=64), "c.private", "private side", "c"),
        (lambda p: Cohort.create(p / "c", size=64), "c/frames", "inside a cohort", "Give the cohort itself"),
        (lambda p: Cohort.create(p / "c", size=64), ".", "holds cohorts", "c"),
    ],
)
def test_wrong_path(tmp_path: Path, prepare, given: str, message: str, hint: str) -> None:
    prepare(tmp_path)
    with pytest.raises(SonosiftError, match=message) as caught:
        Cohort.open(tmp_path / given)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sise": 64}, "unknown key 'sise' .did you mean 'size'"),
        ({"zzz": 1}, "unknown key 'zzz' .allowed: format"),
        ({"format": 2}, "cohort format 2"),
        ({"size": None}, "missing key 'size'"),
        ({"size": "big"}, "size: .*'big'"),
        ({"label_space": {"name": "x", "kind": "multi", "names": ["a", "a"]}}, "holds a name twice"),
    ],
)
def test_bad_settings(tmp_path: Path, change: dict[str, object], message: str) -> None:
    file = Cohort.create(tmp_path / "c", size=64).path / "cohort.yaml"
    content = yaml.safe_load(file.read_text()) | change
    file.write_text(yaml.safe_dump({key: value for key, value in content.items() if value is not None}))
    with pytest.raises(SonosiftError, match=message):
        Cohort.open(tmp_path / "c")


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "\x00"])
def test_unreadable_settings(tmp_path: Path, text: str) -> None:
    file = Cohort.create(tmp_path / "c", size=64).path / "cohort.yaml"
    file.write_text(text)
    with pytest.raises(SonosiftError, match=r"cohort\.yaml"):
        Cohort.open(tmp_path / "c")


def test_create_over_something_refused(tmp_path: Path) -> None:
    Cohort.create(tmp_path / "c", size=64)
    with pytest.raises(SonosiftError, match="already holds a cohort"):
        Cohort.create(tmp_path / "c", size=64)
    with pytest.raises(SonosiftError, match="already holds something else"):
        Cohort.create(tmp_path, size=64)


def test_frames_of_a_source(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(30)
    cohort.private.sources.record(
        [
            Source("a/x.dcm", clip=f"c{1:031x}", frames=3),
            Source("a/b.zip", "z.png", clip=f"c{2:031x}"),
            Source("bad.dcm", state="quarantined", reason="truncated"),
        ]
    )
    assert cohort.frame_ids_of("a/x.dcm") == [f"{number:032x}" for number in (3, 4, 5)]
    assert cohort.frame_ids_of("bad.dcm") == cohort.frame_ids_of("never seen") == []
    table = cohort.frames_by_source()
    assert table.rows()[0] == ("a/b.zip", "z.png", 0, f"{6:032x}")
    assert table.filter(pl.col("path") == "a/x.dcm")["index_in_clip"].to_list() == [0, 1, 2]


def test_catalog_keeps_what_was_written(make_cohort: Callable[..., Cohort]) -> None:
    catalog = make_cohort(20).catalog()
    assert catalog.schema == CATALOG_SCHEMA
    assert catalog["shard"].to_list() == [number // 7 for number in range(20)]
    assert catalog["row"].to_list() == [number % 7 for number in range(20)]
    assert catalog["transducer"].to_list()[:2] == [None, "C5-1"]
    assert catalog["study_groups"].to_list()[0] == ["abdomen"]
    np.testing.assert_allclose(catalog["time_s"].to_numpy()[:3], [0, 0.125, 0.25])


def test_missing_part_in_the_middle(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(20)
    (cohort.path / "catalog" / "00001.parquet").unlink()
    with pytest.raises(SonosiftError, match="no part 00001"):
        Cohort.open(cohort.path).catalog()


def test_a_part_from_before_a_column_existed_gets_its_default(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(14)
    part = cohort.path / "catalog/00000.parquet"
    later = ["exam_day", "burnt_in_view", "is_dual", "altered_share", "fan_outline"]
    old = pl.read_parquet(part).drop(later)
    old.write_parquet(part)
    catalog = Cohort.open(cohort.path).catalog()
    assert catalog.schema == CATALOG_SCHEMA
    first = catalog.row(0, named=True)
    assert {name: first[name] for name in later} == {
        "exam_day": None, "burnt_in_view": None, "is_dual": False, "altered_share": 0.0, "fan_outline": [],
    }  # fmt: skip
    assert catalog[:7].select(old.columns).equals(old)
