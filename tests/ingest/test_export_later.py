"""DICOM files of clips that were ingested without them: the same files, once, whatever kills the call."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import cv2
import numpy as np
import pydicom
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.held import HeldClips
from sonosift.commands.clear import clear
from sonosift.commands.ingest import ingest
from sonosift.ingest import clean_crops, export_later
from sonosift.ingest.clip_job import WorkerSettings
from sonosift.ingest.decode_clip import decode_clip
from sonosift.ingest.settings import IngestSettings
from sonosift.privacy.independent_check import Doubt
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.ingest.conftest import empty_screen, write_dicom
from tests.ingest.test_decode_clip import job_for, large_frames

SETTINGS = {"size": 32, "clip_rate_hz": 8.0}
POLYGON = [[280, 150], [360, 150], [360, 300], [280, 300]]
PROGRAM = """
import sys
from sonosift.commands.ingest import ingest
from sonosift.machine import progress
progress.set_quiet(True)
ingest(sys.argv[1], sys.argv[2], size=32, clip_rate_hz=8.0, workers=1, export_dicom=sys.argv[3])
"""


def ingested(archive, folder, **options):
    if not folder.exists():
        preprocessing = IngestSettings(**SETTINGS).preprocessing
        Cohort.create(folder, size=32, key=bytes(range(32)), preprocessing=preprocessing)
    return ingest(archive, folder, **SETTINGS, workers=1, **options)


@pytest.fixture
def settings(tmp_path):
    for name in ("spool", "held"):
        (tmp_path / name).mkdir()
    return WorkerSettings(bytes(32).hex(), (48, 64), 8.0, "paper", str(tmp_path / "spool"), str(tmp_path / "held"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Two clips that come in, and a screen that waits for its fan."""
    archive = tmp_path_factory.mktemp("hospital") / "archive"
    write_dicom(archive / "a.dcm", large_frames(3), "P1", "1.1", StudyDate="20240105")
    write_dicom(archive / "b.dcm", large_frames(1, "LIVER"), "P2", "2.1")
    write_dicom(archive / "empty.dcm", empty_screen()[None], "P3", "3.1")
    return archive


@pytest.fixture(scope="module")
def at_once(archive, tmp_path_factory):
    """The cohort and the files of an ingest that exports from the first call on."""
    place = tmp_path_factory.mktemp("at_once")
    summary = ingested(archive, place / "cohort", export_dicom=place / "out")
    assert (summary.exported_later, summary.clips, summary.needs_review) == (0, 2, 1)
    return place


def test_a_later_export_is_the_same_and_adds_nothing(archive, at_once, tmp_path, file_bytes):
    folder, out = tmp_path / "cohort", tmp_path / "out"
    ingested(archive, folder)
    before, held = file_bytes(folder), file_bytes(tmp_path / "cohort.private" / "held")
    assert held
    summary = ingested(archive, folder, export_dicom=out)
    assert (summary.exported_later, summary.not_exported, summary.frames) == (2, {}, 4)
    assert file_bytes(out) == file_bytes(at_once / "out")
    assert file_bytes(folder) == before == file_bytes(at_once / "cohort")
    assert file_bytes(tmp_path / "cohort.private" / "held") == held
    assert not (tmp_path / "cohort.private" / "spool").exists()
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*.dcm")}
    assert ingested(archive, folder, export_dicom=out).exported_later == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.dcm")} == times
    # One that was deleted is written again, and only that one.
    first = min(times)
    first.unlink()
    assert ingested(archive, folder, export_dicom=out).exported_later == 1
    assert file_bytes(out) == file_bytes(at_once / "out")


def test_killed_after_the_first_file_and_repeated(archive, at_once, tmp_path, file_bytes):
    folder, out = tmp_path / "cohort", tmp_path / "out"
    ingested(archive, folder)
    before = file_bytes(folder)
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(archive), str(folder), str(out)])
    deadline = time.monotonic() + 60
    while not list(out.rglob("*.dcm")) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.kill()
    process.wait()
    (whole, *_) = out.rglob("*.dcm")
    (whole.parent / f".{whole.name}.77.part").write_bytes(b"half")
    ingested(archive, folder, export_dicom=out)
    assert file_bytes(out) == file_bytes(at_once / "out")
    assert file_bytes(folder) == before


def test_a_file_that_has_changed_since_is_told(archive, tmp_path, monkeypatch):
    folder = tmp_path / "cohort"
    ingested(archive, folder)
    all_jobs = export_later.export_jobs

    def touched(*told):
        return [(file, replace(job, modified_ns=job.modified_ns + 1)) for file, job in all_jobs(*told)]

    monkeypatch.setattr(export_later, "export_jobs", touched)
    summary = ingested(archive, folder, export_dicom=tmp_path / "out")
    assert (summary.exported_later, summary.not_exported) == (0, {"changed_while_reading": 2})
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_a_clip_goes_out_once_a_person_has_drawn_its_fan(tmp_path):
    folder, out = tmp_path / "cohort", tmp_path / "out"
    write_dicom(tmp_path / "archive" / "white.dcm", np.full((2, 480, 640), 255, np.uint8), "P1", "1.1")
    assert ingested(tmp_path / "archive", folder, export_dicom=out).needs_review == 2
    assert not list(out.rglob("*.dcm"))
    fan = tmp_path / "fan.json"
    fan.write_text(json.dumps(POLYGON))
    assert clear(folder, all=True, fan=fan).accepted_frames == 2
    summary = ingested(tmp_path / "archive", folder, export_dicom=out)
    assert (summary.exported_later, summary.not_exported, summary.frames) == (1, {}, 2)
    (file,) = out.rglob("*.dcm")
    expected = np.zeros((2, 480, 640), dtype=np.uint8)
    expected[:, 150:301, 280:361] = 255
    assert (pydicom.dcmread(file).pixel_array == expected).all()


# A person let these clips in: their fan is no longer the one that the pixels show.


def export_of(archive, settings, tmp_path):
    drawn = tuple(number for corner in POLYGON for number in corner)
    exporting = replace(settings, clip_rate_hz=1.0, export=str(tmp_path / "out"))
    return decode_clip(replace(job_for(archive / "a.dcm"), fan_outline=drawn), exporting)


def test_the_drawn_fan_is_the_one_that_is_exported(archive, settings, tmp_path):
    answer = export_of(archive, settings, tmp_path)
    assert (answer.reason, answer.held_reason, answer.rows, answer.spool_file) == (None, None, [], None)
    (file,) = (tmp_path / "out").rglob("*.dcm")
    x0, y0, x1, y1 = 280, 150, 361, 301
    expected = np.zeros((3, 480, 640), dtype=np.uint8)
    expected[:, y0:y1, x0:x1] = large_frames(3)[:, y0:y1, x0:x1]
    assert (pydicom.dcmread(file).pixel_array == expected).all()
    assert not list((tmp_path / "held").iterdir())
    assert not list((tmp_path / "spool").iterdir())


def test_a_doubt_about_any_frame_keeps_it_from_being_exported(archive, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(clean_crops, "doubt_about", lambda *_: Doubt("WRITING", 3.0, 2, (0, 0, 4, 4)))
    assert export_of(archive, settings, tmp_path).held_reason == "writing"
    assert not list(tmp_path.glob("out/**/*.dcm"))
    assert not list((tmp_path / "held").iterdir())


def test_an_export_holds_no_other_frames_for_their_fan(archive, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("sonosift.ingest.decode_clip.find_fan", lambda *_: None)
    wanted = []
    for export in (None, str(tmp_path / "out")):
        answer = decode_clip(job_for(archive / "a.dcm"), replace(settings, clip_rate_hz=4.0, export=export))
        assert answer.held_reason == "no_fan"
        (held,) = (tmp_path / "held").iterdir()
        wanted.append([row["index_in_clip"] for row in json.loads((held / "clip.json").read_text())["rows"]])
    assert wanted == [[0, 2], [0, 2]]


def much_written(count):
    """A clip of colour flow with so much text on it that a person must say whether enough is left."""
    frames = np.repeat(large_frames(count)[..., None], 3, axis=3)
    frames[:, 385:440, 290:350, :2] = 0  # blue speckle, below the text
    for frame in frames:
        for line in range(6):
            cv2.putText(frame, "MILLER ANNA", (205, 170 + 40 * line), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (255,) * 3, 4)
    return frames


def in_colour(path, frames, patient, exam):
    """Write an RGB clip."""
    write_dicom(path, frames[..., 0], patient, exam, StudyDate="20240105")
    dataset = pydicom.dcmread(path)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.PixelData = frames.tobytes()
    dataset.save_as(path)
    return path


def test_a_clip_that_a_person_let_in_goes_out_as_that_person_saw_it(tmp_path):
    archive, folder, out = tmp_path / "archive", tmp_path / "cohort", tmp_path / "out"
    write_dicom(archive / "calm.dcm", large_frames(1), "P1", "1.1", StudyDate="20240105")
    source = in_colour(archive / "doubted.dcm", much_written(5), "P1", "1.1")
    preprocessing = IngestSettings(size=256, clip_rate_hz=4.0).preprocessing
    Cohort.create(folder, size=256, key=bytes(range(32)), preprocessing=preprocessing)
    asked = {"size": 256, "clip_rate_hz": 4.0, "workers": 1, "export_dicom": out}
    assert ingest(archive, folder, **asked).held == {"much_altered": 1}
    (calm,) = out.rglob("*.dcm")
    (waiting,) = HeldClips(Cohort.open(folder)).list()
    seen = [row["index_in_clip"] for row in waiting.rows]
    assert len(seen) < 5
    clear(folder, all=True, accept=True)
    summary = ingest(archive, folder, **asked)
    assert (summary.exported_later, summary.not_exported, summary.needs_review) == (1, {}, 0)
    (file,) = set(out.rglob("*.dcm")) - {calm}
    assert file.parent == calm.parent
    written, beside = pydicom.dcmread(file), pydicom.dcmread(calm)
    assert (written.StudyInstanceUID, written.PatientID) == (beside.StudyInstanceUID, beside.PatientID)
    assert written.SOPInstanceUID == written.file_meta.MediaStorageSOPInstanceUID != beside.SOPInstanceUID
    names = Pseudonyms(bytes(range(32)))
    assert written.SOPInstanceUID == names.uid(pydicom.dcmread(source).SOPInstanceUID)
    # In grey, without what was written, and elsewhere as it was.
    pixels = np.asarray(written.pixel_array)
    assert pixels.shape == (len(seen), 480, 640)
    grey = np.array([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in much_written(5)[seen]])
    kept = pixels == grey
    assert kept[:, 390:430, 295:345].all()
    white = (much_written(5)[seen] == 255).all(axis=3)
    assert (pixels[white] < 230).mean() > 0.99
    assert ingest(archive, folder, **asked).exported_later == 0


@pytest.mark.parametrize("overruled", [None, "much_altered", "writing"])
def test_a_person_overrules_the_doubt_that_was_there_and_no_other(archive, settings, tmp_path, monkeypatch, overruled):
    monkeypatch.setattr(clean_crops, "doubt_about", lambda *_: Doubt("WRITING", 3.0, 0, (0, 0, 4, 4)))
    drawn = tuple(number for corner in POLYGON for number in corner)
    job = replace(job_for(archive / "a.dcm"), fan_outline=drawn, accepted_despite=overruled)
    answer = decode_clip(job, replace(settings, clip_rate_hz=4.0, export=str(tmp_path / "out")))
    written = list((tmp_path / "out").rglob("*.dcm"))
    if overruled == "writing":
        assert answer.held_reason is None
        assert len(pydicom.dcmread(written[0]).pixel_array) == 2
    else:
        assert answer.held_reason == "writing"
        assert not written
    assert not list((tmp_path / "spool").iterdir())
