import shutil
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from PIL import Image

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.flow import read_flow
from sonosift.cohort.held import HeldClips
from sonosift.commands.clear import clear
from sonosift.commands.ingest import ingest
from sonosift.errors import SonosiftError
from sonosift.ingest.ingest_archive import ingest_archive
from sonosift.ingest.settings import IngestSettings
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.ingest.conftest import fan_frames, write_dicom

SMALL = IngestSettings(size=64, workers=2)
# 9 frames at 8 a second, 3 a second wanted: frames 0, 3, 5, 8 by the header's rate and by the video's times.
CLIP_FRAMES = 4


@pytest.fixture(scope="module")
def ingested(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ingested") / "cohort"
    return ingest(archive, folder, size=64, workers=2), Cohort.open(folder)


def test_every_file_is_counted_once(ingested, archive):
    outcome, _ = ingested
    assert outcome.files == sum(path.is_file() for path in archive.rglob("*"))
    assert (outcome.ingested, outcome.quarantined, outcome.skipped) == (13, 5, 5)
    certain = {"empty": 1, "unrecognised_content": 1, "exact_duplicate": 1, "not_an_image": 2, "dicomdir": 1}
    certain |= {"no_ultrasound_picture": 1}
    assert {reason: outcome.reasons[reason] for reason in certain} == certain
    assert sum(outcome.reasons.values()) == outcome.quarantined + outcome.skipped


def test_what_the_cohort_holds(ingested):
    outcome, cohort = ingested
    catalog = cohort.catalog()
    assert outcome.frames == len(catalog) == 3 * (2 + CLIP_FRAMES) + 1 + CLIP_FRAMES + 1
    assert outcome.clips == 12
    assert outcome.patients == 3
    assert outcome.needs_review == 1
    assert not catalog["needs_review"].any()
    clip = catalog.filter(pl.col("index_in_clip") == 8)
    assert clip["time_s"].to_list() == pytest.approx([1.0] * len(clip))


def test_a_patients_screenshots_and_exports_are_the_patients(ingested):
    _, cohort = ingested
    names = Pseudonyms(cohort.private.key)
    rows = cohort.catalog().join(cohort.frames_by_source(), on="frame_id")
    patients = dict(rows.select("path", "patient").iter_rows())
    assert patients["one/a/screen.dat"] == patients["one/b/IM0"] == names.patient("", "P1")
    assert patients["two/export"] == names.patient("", "P2")
    assert patients["three/only.png"] not in {names.patient("", "P1"), names.patient("", "P2")}
    exams = dict(rows.select("path", "exam").iter_rows())
    assert exams["one/a/screen.dat"] == exams["one/a/IM2"] != exams["one/b/IM0"]


def test_stored_frames_are_the_scaled_fan_without_the_name(ingested):
    _, cohort = ingested
    catalog = cohort.catalog().filter(pl.col("transducer").is_not_null())
    frames = cohort.frames.read(catalog["frame_id"].to_list())
    assert frames.shape[1:] == (64, 64)
    assert (frames.max(axis=(1, 2)) > 60).all()
    row = catalog.row(0, named=True)
    assert row["crop_y"] >= 8
    assert row["scale"] == pytest.approx(64 / max(row["crop_w"], row["crop_h"]))
    assert set(catalog["transducer"]) == {"curvilinear"}
    assert catalog["study_groups"].to_list()[0] == ["liver", "abdomen"]


def test_no_identity_in_names_or_bytes(ingested, file_bytes):
    _, cohort = ingested
    for name, content in file_bytes(cohort.path).items():
        for word in (b"MILLER", b"Miller", b"a/IM0", b"hospital", b"screen.dat"):
            assert word not in content, (name, word)
            assert word.decode() not in name


def test_a_page_is_left_out_and_nothing_of_it_is_kept(ingested, file_bytes):
    outcome, cohort = ingested
    assert outcome.pages_left_out == 1
    page = cohort.private.sources.get("two/report.png")
    assert (page.state, page.reason, page.clip) == ("skipped", "no_ultrasound_picture", None)
    assert (page.frames, page.held_frames) == (0, 0)
    step = next(step for step in read_flow(cohort.path).steps if step.title == "showing an ultrasound picture")
    assert step.left_out == {"no_ultrasound_picture": 1}
    pictures = [name for name in file_bytes(cohort.private_path) if name.endswith((".png", ".npy"))]
    assert len(pictures) == 1  # of the screen that waits


def test_pages_wait_for_a_person_who_asks_for_them(own, archive, tmp_path):
    again = ingest(archive, own.path, size=64, workers=1, hold_pages=True)
    assert (again.pages_left_out, again.needs_review) == (0, 2)
    assert again.held["no_ultrasound_picture"] == 1
    held = next(clip for clip in HeldClips(own).list() if clip.reason == "no_ultrasound_picture")
    np.testing.assert_array_equal(held.source(0), np.asarray(Image.open(archive / "two/report.png")))
    # Held once, it waits until somebody decides.
    assert ingest(archive, own.path, size=64, workers=1).needs_review == 2
    clear(own.path, clip=held.clip, discard=True)
    assert ingest(archive, own.path, size=64, workers=1, hold_pages=True).needs_review == 1


def test_the_held_screen_waits_in_the_private_folder(ingested, archive):
    outcome, cohort = ingested
    (held,) = HeldClips(cohort).list()
    assert outcome.held == {held.reason: 1}
    assert held.reason == "no_fan"
    np.testing.assert_array_equal(held.source(0), np.asarray(Image.open(archive / "two/empty.png")))
    assert not set(held.frame_ids) & set(cohort.catalog()["frame_id"])
    assert cohort.private_path.stat().st_mode & 0o077 == 0
    assert not (cohort.private_path / "spool").exists()


@pytest.fixture
def own(ingested, tmp_path):
    """Return a copy of the ingested cohort, to be changed."""
    _, cohort = ingested
    shutil.copytree(cohort.path, tmp_path / "cohort")
    shutil.copytree(cohort.private_path, tmp_path / "cohort.private")
    return Cohort.open(tmp_path / "cohort")


def test_again_adds_nothing(ingested, archive, own, file_bytes):
    first, _ = ingested
    before = file_bytes(own.path)
    again = ingest(archive, own.path, size=64, workers=2)
    assert file_bytes(own.path) == before
    assert again.frames_per_second == 0
    for name in ("files", "ingested", "quarantined", "skipped", "frames", "needs_review", "reasons", "held"):
        assert getattr(first, name) == getattr(again, name)


def test_the_number_of_workers_does_not_matter(archive, tmp_path, file_bytes):
    folders = []
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        Cohort.create(folder, size=64, key=bytes(32), shard_rows=5, preprocessing=SMALL.preprocessing)
        ingest_archive(archive, folder, IngestSettings(size=64, workers=workers))
        folders.append(file_bytes(folder))
    assert folders[0] == folders[1]


def test_a_grown_archive_adds_only_what_is_new(own_archive, own):
    before = own.catalog()
    write_dicom(own_archive / "one/b/new", fan_frames(9, 7), "P1", "1.2")
    (own_archive / "one/b/IM0").touch()  # copied again by somebody: the same bytes under a new time
    summary = ingest(own_archive, own.path, size=64, workers=1)
    after = own.catalog()
    assert after.head(len(before)).equals(before)
    assert len(after) == len(before) + CLIP_FRAMES
    assert sum(summary.patients_known_from.values()) == 1


def test_a_changed_file_replaces_its_frames(own_archive, own):
    old = own.frame_ids_of("one/a/screen.dat")
    shutil.copy(own_archive / "three/only.png", own_archive / "one/a/screen.dat")
    (own_archive / "three/only.png").unlink()
    with (own_archive / "one/a/screen.dat").open("ab") as handle:
        handle.write(b"tail")
    ingest_archive(own_archive, own.path, SMALL)
    new = own.frame_ids_of("one/a/screen.dat")
    assert len(new) == 1
    assert new != old
    assert old[0] not in own.catalog()["frame_id"]
    assert np.any(own.frames.read(new))


def test_without_its_key_a_cohort_takes_nothing(archive, own):
    shutil.rmtree(own.private_path)
    with pytest.raises(SonosiftError, match="private key"):
        ingest_archive(archive, own.path, SMALL)


def test_other_settings_and_wrong_places_are_refused(archive, own, tmp_path):
    with pytest.raises(SonosiftError, match="size 64"):
        ingest_archive(archive, own.path, IngestSettings(size=32, workers=1))
    with pytest.raises(SonosiftError, match="rescale_intensity False"):
        ingest_archive(archive, own.path, replace(SMALL, rescale_intensity=True))
    with pytest.raises(SonosiftError, match="does not exist"):
        ingest_archive(tmp_path / "nowhere", own.path, SMALL)
    for settings in (SMALL, replace(SMALL, export_dicom=archive / "out")):
        folder = archive / "cohort" if settings is SMALL else own.path
        with pytest.raises(SonosiftError, match="inside the other"):
            ingest_archive(archive, folder, settings)
