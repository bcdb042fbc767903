"""A clip whose fan lies in shadow gets the fan that its machine showed in other clips."""

import cv2
import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.held import HeldClips
from sonosift.errors import SonosiftError
from sonosift.ingest import ingest_archive as module
from sonosift.ingest.fan_retry import template_folder
from sonosift.ingest.ingest_archive import ingest_archive
from sonosift.ingest.settings import IngestSettings
from sonosift.privacy.fan_polygon import mask_of
from tests.ingest.conftest import write_dicom

HEIGHT, WIDTH = 480, 640
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
RADIUS, ANGLE = np.hypot(X - 320.0, Y - 20.0), np.arctan2(X - 320.0, Y - 20.0)
SECTOR = (RADIUS >= 50) & (RADIUS <= 380) & (np.abs(ANGLE) <= 0.6)
SHADOWED = SECTOR & ~((np.abs(ANGLE) > 0.2) & (RADIUS > 150))
SETTINGS = IngestSettings(size=32, workers=2)


def speckle(mask, seed):
    noise = cv2.GaussianBlur(np.random.default_rng(seed).rayleigh(60.0, mask.shape).astype(np.float32), (0, 0), 1.5)
    return np.where(mask, np.clip(noise, 15, 255), 0).astype(np.uint8)[None]


def machine_clip(archive, name, picture, model="Aurora 7"):
    values = {"Manufacturer": "Boreal", "ManufacturerModelName": model}
    return write_dicom(archive / name, picture, "P1", "1.1", **values)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    archive = tmp_path_factory.mktemp("machines") / "archive"
    machine_clip(archive, "a.dcm", speckle(SHADOWED, 9))
    machine_clip(archive, "b.dcm", speckle(SHADOWED, 8), model="Vesta 300")
    for number in range(3):
        machine_clip(archive, f"c{number}.dcm", speckle(SECTOR, number))
    # Filled to the edges: no fan of this machine fits it.
    machine_clip(archive, "d.dcm", np.full((1, HEIGHT, WIDTH), 255, np.uint8))
    return archive


def cohort_at(path):
    return Cohort.create(path, size=32, key=bytes(32), preprocessing=SETTINGS.preprocessing)


@pytest.fixture(scope="module")
def ingested(archive, tmp_path_factory):
    cohort = cohort_at(tmp_path_factory.mktemp("whole") / "cohort")
    ingest_archive(archive, cohort.path, SETTINGS)
    return cohort


def test_the_fan_of_the_machine_is_taken_and_noted(ingested):
    sources = {source.path: source for source in ingested.private.sources.all()}
    assert (sources["a.dcm"].held_frames, sources["a.dcm"].frames) == (0, 1)
    assert sources["a.dcm"].fan_template is not None
    assert [sources[f"c{number}.dcm"].fan_template for number in range(3)] == [None] * 3
    row = ingested.catalog().filter(ingested.catalog()["clip"] == sources["a.dcm"].clip).row(0, named=True)
    found = mask_of(row["fan_outline"], HEIGHT, WIDTH)
    assert (found & SECTOR).sum() / (found | SECTOR).sum() > 0.98


def test_another_machines_clip_and_a_misfit_go_on_waiting(ingested):
    sources = {source.path: source for source in ingested.private.sources.all()}
    waiting = {clip.clip for clip in HeldClips(ingested).list()}
    assert waiting == {sources["b.dcm"].clip, sources["d.dcm"].clip}
    assert sources["b.dcm"].fan_template is None
    assert sources["d.dcm"].fan_template.startswith("tried ")


def test_nothing_is_tried_twice_with_the_same_templates(archive, ingested):
    before = {path: path.stat().st_mtime_ns for path in (ingested.private_path / "held").iterdir()}
    ingest_archive(archive, ingested.path, SETTINGS)
    assert {path: path.stat().st_mtime_ns for path in (ingested.private_path / "held").iterdir()} == before


def test_killed_between_the_passes_and_resumed(archive, ingested, tmp_path, monkeypatch, file_bytes):
    cohort = cohort_at(tmp_path / "cohort")
    with monkeypatch.context() as patched:

        def killed(*_):
            raise KeyboardInterrupt

        patched.setattr(module, "retry_jobs", killed)
        with pytest.raises(KeyboardInterrupt):
            ingest_archive(archive, cohort.path, SETTINGS)
    ingest_archive(archive, cohort.path, SETTINGS)
    assert file_bytes(cohort.path) == file_bytes(ingested.path)
    assert file_bytes(cohort.private_path / "held") == file_bytes(ingested.private_path / "held")
    assert template_folder(cohort).read() == template_folder(ingested).read()


def test_a_template_that_was_edited_wrongly_is_told_at_once(archive, tmp_path):
    cohort = cohort_at(tmp_path / "cohort")
    folder = template_folder(cohort).path
    folder.mkdir()
    (folder / "x.json").write_text("{")
    with pytest.raises(SonosiftError, match=r"x\.json"):
        ingest_archive(archive, cohort.path, SETTINGS)
    assert cohort.catalog().is_empty()
