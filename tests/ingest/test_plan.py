from pathlib import Path

import pytest

from sonosift.cohort.sources import Source
from sonosift.ingest.clip_job import Looked
from sonosift.ingest.plan import make_plan, unchanged
from sonosift.privacy.pseudonyms import Pseudonyms

NAMES = Pseudonyms(bytes(32))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / name).write_text(name)
    return tmp_path


def glance(sha, **values):
    return Looked(sha256=sha, size=1, modified_ns=5, **values)


def header(sha, instance, **values):
    return glance(sha, patient="P", patient_number="n", exam="E", instance=instance, has_header=True, **values)


def test_equal_bytes_come_in_once(archive):
    plan = make_plan(archive, [("a", glance("x")), ("b", glance("x")), ("c", glance("y"))], {}, NAMES)
    assert [path for path, _ in plan.jobs] == ["a", "c"]
    assert [(source.path, source.state, source.reason) for source in plan.refused] == [
        ("b", "skipped", "exact_duplicate")
    ]


def test_two_files_under_one_instance_are_two_clips(archive):
    plan = make_plan(archive, [("a", header("x", "i")), ("b", header("y", "i")), ("c", header("z", "j"))], {}, NAMES)
    clips = [job.clip for _, job in plan.jobs]
    assert clips[0] == "i"
    assert clips[2] == "j"
    assert len(set(clips)) == 3


def test_a_new_copy_of_an_ingested_file_is_skipped_and_a_quarantined_one_is_no_original(archive):
    known = {"a": Source("a", sha256="x", clip="i"), "b": Source("b", sha256="y", state="quarantined", reason="empty")}
    plan = make_plan(archive, [("c", glance("x"))], known, NAMES)
    assert plan.jobs == []
    plan = make_plan(archive, [("c", glance("y"))], known, NAMES)
    assert [path for path, _ in plan.jobs] == ["c"]


def test_reasons_are_sorted_into_skipped_and_quarantined(archive):
    looked = [("a", glance("x", reason="not_an_image")), ("b", glance("y", reason="truncated"))]
    plan = make_plan(archive, looked, {}, NAMES)
    assert [source.state for source in plan.refused] == ["skipped", "quarantined"]


def test_unchanged_is_by_size_and_time(archive):
    found = (archive / "a").stat()
    same = Source("a", modified_ns=found.st_mtime_ns, size=found.st_size)
    assert unchanged(archive, "a", {"a": same})
    assert not unchanged(archive, "a", {})
    (archive / "a").write_text("other")
    assert not unchanged(archive, "a", {"a": same})
