"""One clip through the whole pipeline, in this process; every failure of cleaning or checking holds it."""

from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pydicom
import pytest

from sonosift.archive.open_clip import open_clip
from sonosift.cohort.catalog import WRITTEN_COLUMNS, part_frame
from sonosift.cohort.geometry import FrameGeometry
from sonosift.ingest import clean_crops
from sonosift.ingest.clip_job import DecodeJob, WorkerSettings
from sonosift.ingest.decode_clip import decode_clip
from sonosift.privacy.fan_polygon import mask_of
from tests.ingest.conftest import write_dicom

CLIP = "c" * 32


@pytest.fixture
def settings(tmp_path):
    for name in ("spool", "held"):
        (tmp_path / name).mkdir()
    return WorkerSettings(
        bytes(32).hex(),
        (48, 64),
        8.0,
        "paper",
        str(tmp_path / "spool"),
        str(tmp_path / "held"),
        label_dictionary="abdomen",
    )


def large_frames(count, text=""):
    """Smooth speckle in a sector, large enough for text of the size that machines give it."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:480, 0:640]
    inside = (
        (np.hypot(x - 320, y + 16) > 80) & (np.hypot(x - 320, y + 16) < 460) & (abs(np.arctan2(x - 320, y + 16)) < 0.6)
    )
    frames = []
    for _ in range(count):
        speckle = cv2.GaussianBlur(rng.rayleigh(60, (480, 640)).astype(np.float32), (0, 0), 1.5)
        frames.append(np.where(inside, np.clip(speckle, 15, 255), 0).astype(np.uint8))
    for frame in frames:
        cv2.putText(frame, "A. MILLER", (8, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
        cv2.putText(frame, text, (250, 300), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    return np.array(frames)


def job_for(path):
    found = path.stat()
    return DecodeJob(str(path), "", "x", found.st_mtime_ns, found.st_size, found.st_size, "i", CLIP, "e" * 32, "p" * 32)


@pytest.fixture
def clip(tmp_path):
    return write_dicom(tmp_path / "clip.dcm", large_frames(5), "P1", "1.1", StudyDate="20240105")


def stored_frames(answer):
    return np.fromfile(answer.spool_file, np.uint8).reshape(len(answer.rows), 48, 64)


def test_rows_say_what_the_frames_are(clip, settings):
    answer = decode_clip(job_for(clip), settings)
    assert answer.reason is None
    assert answer.held_reason is None
    rows = part_frame([answer.shared | row for row in answer.rows])
    assert rows.columns == list(WRITTEN_COLUMNS)
    assert rows["index_in_clip"].to_list() == [0, 1, 2, 3, 4]
    row = rows.row(0, named=True)
    assert row["exam_day"] is not None
    assert (row["source_height"], row["source_width"]) == (480, 640)
    outline = mask_of(row["fan_outline"], 480, 640)
    frames = stored_frames(answer)
    geometry = FrameGeometry.of_row(row)
    inside = geometry.mask_to_frame(outline, (48, 64))
    assert frames[0][inside].mean() == pytest.approx(row["mean_brightness"], rel=0.05)
    # A rim of a pixel takes part of the fan in.
    assert not frames[:, ~cv2.dilate(inside.astype(np.uint8), np.ones((3, 3))).astype(bool)].any()


def test_frames_that_a_film_fades_in_from_are_left_out_and_counted(tmp_path, settings):
    lit = large_frames(5)
    faded = np.concatenate([lit[:1] * 0, lit[:1] // 20, lit, lit[:1] * 0])
    rows = decode_clip(job_for(write_dicom(tmp_path / "faded.dcm", faded, "P1", "1.1")), settings)
    assert ([row["index_in_clip"] for row in rows.rows], rows.dark_frames) == ([2, 3, 4, 5, 6], 3)
    plain = decode_clip(job_for(write_dicom(tmp_path / "plain.dcm", lit, "P1", "1.1")), settings)
    assert (len(plain.rows), plain.dark_frames) == (5, 0)


def test_a_black_frame_hides_no_pale_letters_from_the_search(tmp_path, settings):
    """They are seen in the darkest value of each pixel, which a black frame makes black."""
    settings = replace(settings, frame_shape=(480, 640))
    lit = [cv2.GaussianBlur(frame, (0, 0), 2) for frame in large_frames(16)]
    for frame in lit:
        frame[290:310, 260:380] = np.maximum(frame[290:310, 260:380], pale_letters())
    films = {"plain": np.array(lit), "faded": np.array([np.zeros_like(lit[0]), *lit])}
    shares = {}
    for name, frames in films.items():
        answer = decode_clip(job_for(write_dicom(tmp_path / f"{name}.dcm", frames, "P1", "1.1")), settings)
        shares[name] = [row["altered_share"] for row in answer.rows]
    assert shares["plain"] == shares["faded"]
    assert min(shares["plain"]) > 0


def pale_letters():
    letters = np.zeros((20, 120), np.uint8)
    cv2.putText(letters, "MILLER 42", (2, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 110, 1)
    return letters


def test_days_between_the_exams_of_a_patient_are_kept_and_the_days_are_not(tmp_path, settings):
    days = []
    for number, day in enumerate((date(2023, 11, 30), date(2024, 3, 1))):
        path = write_dicom(tmp_path / f"{number}.dcm", large_frames(1), "P1", f"1.{number}", StudyDate=f"{day:%Y%m%d}")
        days.append((day.toordinal(), decode_clip(job_for(path), settings).shared["exam_day"]))
    assert days[1][1] - days[0][1] == days[1][0] - days[0][0] == 92
    assert all(shifted != real for real, shifted in days)


def test_text_is_read_then_removed(tmp_path, settings):
    plain = decode_clip(job_for(write_dicom(tmp_path / "plain.dcm", large_frames(5), "P1", "1.1")), settings)
    before = stored_frames(plain)
    answer = decode_clip(job_for(write_dicom(tmp_path / "text.dcm", large_frames(5, "LIVER"), "P1", "1.1")), settings)
    assert answer.held_reason is None
    assert answer.shared["burnt_in_label"] == "liver"
    assert plain.shared["burnt_in_label"] is None
    assert 0.001 < answer.rows[0]["altered_share"] < 0.05
    # The letters were white; what is left differs from the picture without letters only as tissue does.
    assert np.abs(stored_frames(answer).astype(int) - before).max() < 120


def test_the_options_of_the_lesion_paper(clip, settings):
    first = decode_clip(job_for(clip), settings)
    plain = stored_frames(first)
    answer = decode_clip(job_for(clip), replace(settings, rescale_intensity=True, crop_border=True))
    near = stored_frames(answer)[0]
    top = near[near.any(axis=1)]
    top = top[: len(top) // 5]
    assert np.median(top[top > 0]) == pytest.approx(70, abs=15)
    assert answer.shared["crop_w"] <= first.shared["crop_w"]
    assert stored_frames(answer).shape == plain.shape


@pytest.mark.parametrize(
    ("name", "broken", "reason"),
    [
        ("ClipCleaner", lambda **_: 1 / 0, "cleaning_failed"),
        ("ClipCleaner", lambda **_: None, "cleaning_failed"),
        ("doubt_about", lambda *_: 1 / 0, "check_failed"),
    ],
)
def test_whatever_fails_holds_the_clip(clip, settings, tmp_path, monkeypatch, name, broken, reason):
    monkeypatch.setattr(clean_crops, name, broken)
    answer = decode_clip(job_for(clip), settings)
    assert (answer.held_reason, answer.held_frames, answer.spool_file) == (reason, 5, None)
    assert not list((tmp_path / "spool").iterdir())
    assert [path.name for path in (tmp_path / "held").iterdir()] == [CLIP]


def test_running_out_of_memory_while_cleaning_holds_too(clip, settings, monkeypatch):
    def greedy(*_, **__):
        raise MemoryError

    monkeypatch.setattr(clean_crops, "doubt_about", greedy)
    assert decode_clip(job_for(clip), settings).held_reason == "check_failed"


def test_a_doubt_holds_the_whole_clip_with_its_pictures(clip, settings, tmp_path, monkeypatch):
    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.held import HeldClips
    from sonosift.privacy.independent_check import Doubt

    monkeypatch.setattr(clean_crops, "doubt_about", lambda *_: Doubt("WRITING", 3.0, 2, (0, 0, 4, 4)))
    cohort = Cohort.create(tmp_path / "cohort", size=(48, 64))
    held = replace(settings, held=str(cohort.private_path / "held"))
    answer = decode_clip(job_for(clip), held)
    assert (answer.held_reason, answer.rows) == ("writing", [])
    (waiting,) = HeldClips(cohort).list()
    assert waiting.frames().shape == (5, 48, 64)
    x, y = waiting.corner
    inside = mask_of(waiting.rows[0]["fan_outline"], 480, 640)
    crop = waiting.source(2)
    window = (slice(y, y + crop.shape[0]), slice(x, x + crop.shape[1]))
    rim = cv2.erode(inside.astype(np.uint8), np.ones((5, 5)))[window].astype(bool)
    np.testing.assert_array_equal(crop[rim], large_frames(5)[2][window][rim])


@pytest.mark.parametrize(("share", "reason"), [(0.049, None), (0.051, "much_altered")])
def test_a_frame_that_lost_much_of_its_fan_holds_the_clip(clip, settings, monkeypatch, share, reason):
    class OneFramePainted:
        """Paints over a stated share of the fan, in the fourth frame alone."""

        words = ()

        def __init__(self, **_):
            pass

        def study(self, _, mask, *__):
            self.mask = mask
            return self

        def altered(self, position):
            painted = np.zeros(self.mask.shape, dtype=bool)
            if position == 3:
                inside = np.flatnonzero(self.mask)
                painted.ravel()[inside[: round(share * len(inside))]] = True
            return painted

        def clean(self, _, crop):
            return crop.copy()

    monkeypatch.setattr(clean_crops, "ClipCleaner", OneFramePainted)
    monkeypatch.setattr(clean_crops, "doubt_about", lambda *_: None)
    answer = decode_clip(job_for(clip), settings)
    assert (answer.held_reason, answer.held_frames) == (reason, 5 if reason else 0)


def test_the_mode_may_be_out_of_scope(clip, settings):
    answer = decode_clip(job_for(clip), replace(settings, exclude=("mode=b",)))
    assert (answer.reason, answer.rule, answer.held_frames) == ("out_of_scope", "not mode=b", 0)
    assert decode_clip(job_for(clip), replace(settings, exclude=("mode=doppler",))).reason is None


def test_an_export_holds_every_frame_and_the_cohort_those_it_wants(clip, settings, tmp_path):
    plain = decode_clip(job_for(clip), replace(settings, clip_rate_hz=3.0))
    exporting = replace(settings, clip_rate_hz=3.0, export=str(tmp_path / "out"))
    answer = decode_clip(job_for(clip), exporting)
    assert [row["frame_id"] for row in answer.rows] == [row["frame_id"] for row in plain.rows]
    assert [row["index_in_clip"] for row in answer.rows] == [0, 3]
    (file,) = (tmp_path / "out").rglob("*.dcm")
    exported = pydicom.dcmread(file)
    assert exported.pixel_array.shape == (5, 480, 640)
    outside = ~mask_of(answer.shared["fan_outline"], 480, 640)
    assert not exported.pixel_array[:, cv2.erode(outside.astype(np.uint8), np.ones((5, 5))).astype(bool)].any()


def test_an_export_reads_a_clip_three_times_and_no_more(clip, settings, tmp_path, monkeypatch):
    """Every frame to clean, those that the cohort wants, and every frame to write."""
    read = []

    def counted(path):
        opened = open_clip(path)
        return replace(opened, frames=lambda rate: read.append(rate) or opened.frames(rate))

    monkeypatch.setattr("sonosift.ingest.decode_clip.open_clip", counted)
    answer = decode_clip(job_for(clip), replace(settings, export=str(tmp_path / "out"), clip_rate_hz=1.0))
    assert answer.held_reason is None
    assert len(read) == 3


def test_what_is_held_is_not_exported(clip, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(clean_crops, "doubt_about", lambda *_: 1 / 0)
    answer = decode_clip(job_for(clip), replace(settings, export=str(tmp_path / "out")))
    assert answer.held_reason == "check_failed"
    assert not list(tmp_path.glob("out/**/*"))


def test_a_file_that_changes_while_it_is_read_is_noticed(clip, settings, tmp_path):
    answer = decode_clip(replace(job_for(clip), size=1), settings)
    assert answer.reason == "changed_while_reading"
    assert not list((tmp_path / "spool").iterdir())
