from dataclasses import replace
from pathlib import Path

import pytest

from sonosift.cohort.sources import Source
from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import Looked
from sonosift.ingest.look_at_archive import FirstLook, unchanged
from sonosift.ingest.owners import Owners
from sonosift.ingest.plan import make_plan
from sonosift.privacy.pseudonyms import Pseudonyms

NAMES = Pseudonyms(bytes(32))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for name in ("a", "b", "c", "z.zip"):
        (tmp_path / name).write_text(name)
    return tmp_path


def glance(sha, **values):
    return Looked(sha256=sha, size=1, modified_ns=5, **values)


def header(sha, instance, **values):
    return glance(sha, patient="P", patient_number="n", exam="E", instance=instance, **values)


def plan_of(archive, looked, known=(), **values):
    files = [(ArchiveFile(*name) if isinstance(name, tuple) else ArchiveFile(name), found) for name, found in looked]
    by_key = {(source.path, source.member): source for source in known}
    owners = Owners(NAMES, files)
    return make_plan(archive, FirstLook([file for file, _ in files], files), by_key, NAMES, owners, **values)


def test_equal_bytes_come_in_once(archive):
    plan = plan_of(archive, [("a", glance("x")), ("b", glance("x")), ("c", glance("y"))])
    assert [file.path for file, _ in plan.jobs] == ["a", "c"]
    (copy,) = plan.judged
    assert (copy.path, copy.state, copy.reason) == ("b", "skipped", "exact_duplicate")


def test_a_member_may_be_the_copy_of_a_file(archive):
    plan = plan_of(archive, [("a", glance("x")), (("z.zip", "a"), glance("x")), (("z.zip", "b"), glance("y"))])
    assert [file.name for file, _ in plan.jobs] == ["a", "z.zip/b"]
    assert [(source.path, source.member) for source in plan.judged] == [("z.zip", "a")]


def test_two_files_under_one_instance_are_two_clips(archive):
    plan = plan_of(archive, [("a", header("x", "i")), ("b", header("y", "i")), ("c", header("z", "j"))])
    clips = [job.clip for _, job in plan.jobs]
    assert clips[0] == "i"
    assert clips[2] == "j"
    assert len(set(clips)) == 3


def test_a_new_copy_of_an_ingested_file_is_skipped_and_a_quarantined_one_is_no_original(archive):
    known = [Source("a", sha256="x", clip="i"), Source("b", sha256="y", state="quarantined", reason="empty")]
    assert plan_of(archive, [("c", glance("x"))], known).jobs == []
    assert [file.path for file, _ in plan_of(archive, [("c", glance("y"))], known).jobs] == ["c"]


def test_reasons_are_sorted_into_skipped_and_quarantined(archive):
    plan = plan_of(archive, [("a", glance("x", reason="not_an_image")), ("b", glance("y", reason="truncated"))])
    assert [source.state for source in plan.judged] == ["skipped", "quarantined"]


@pytest.mark.parametrize(
    "before",
    [
        Source("a", sha256="x", clip="i", frames=3, patient="P"),
        Source("a", sha256="x", state="skipped", reason="discarded"),
    ],
)
def test_the_same_bytes_under_a_new_time_are_not_decoded_again(archive, before):
    plan = plan_of(archive, [("a", header("x", "i"))], [before])
    assert plan.jobs == []
    assert plan.replaced == []
    assert plan.judged == [replace(before, modified_ns=5, size=1)]


def test_other_bytes_take_the_place_of_the_old(archive):
    before = Source("a", sha256="x", clip="i")
    plan = plan_of(archive, [("a", header("y", "i"))], [before])
    assert plan.replaced == [before]
    assert [job.clip == "i" for _, job in plan.jobs] == [False]


def test_a_forgotten_patient_does_not_come_back(archive):
    looked = [("a", header("x", "i")), ("b", header("y", "j", reason="out_of_scope", rule="not x=y"))]
    plan = plan_of(archive, looked, forgotten={"P"})
    assert plan.jobs == []
    assert [source.reason for source in plan.judged] == ["forgotten", "forgotten"]
    assert {(source.patient, source.exam) for source in plan.judged} == {(None, None)}


def test_what_is_out_of_scope_keeps_its_owner_and_its_rule(archive):
    (source,) = plan_of(archive, [("a", header("x", "i", reason="out_of_scope", rule="not x=y"))]).judged
    assert (source.state, source.patient, source.exam, source.rule) == ("skipped", "P", "E", "not x=y")


def test_unchanged_is_by_size_and_time(archive):
    for file in (ArchiveFile("a"), ArchiveFile("z.zip", "m")):
        found = (archive / file.path).stat()
        same = {file.key: Source(*file.key, modified_ns=found.st_mtime_ns, size=found.st_size)}
        assert unchanged(archive, file, same)
        assert not unchanged(archive, file, {})
        (archive / file.path).write_text("other")
        assert not unchanged(archive, file, same)
