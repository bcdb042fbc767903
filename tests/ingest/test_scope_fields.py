"""Every field that a rule may look at, on files: what fits is let in by ``include`` and left out by ``exclude``."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from sonosift.cohort.scope import FIELDS, MODE
from sonosift.ingest.clip_job import LookJob, WorkerSettings
from sonosift.ingest.decode_clip import decode_clip
from sonosift.ingest.look_at_file import look_at_file
from tests.ingest.conftest import fan_frames, write_dicom
from tests.ingest.test_colour_clips import power_doppler
from tests.ingest.test_decode_clip import job_for, large_frames, settings  # noqa: F401 - a fixture
from tests.privacy.fan_screens import screen, sector

HEADERS = {
    "exam_title": ("SeriesDescription", "Carotid left", "carotid*", "thyroid*"),
    "study_description": ("StudyDescription", "US BIOPSY LIVER", "*biopsy*", "*kidney*"),
    "body_part": ("BodyPartExamined", "ABDOMEN", "abd?men", "pelvis"),
    "machine": ("ManufacturerModelName", "LOGIQ E9", "ge logiq*", "philips*"),
    "modality": ("Modality", "US", "us", "ivus"),
}


def rule_that_failed(path, folder, **rules):
    told = WorkerSettings(bytes(32).hex(), (32, 32), 3.0, "paper", str(folder), str(folder), **rules)
    return look_at_file(LookJob(str(path)), told).rule


def test_no_field_is_left_out_here():
    assert {*HEADERS, MODE} == set(FIELDS)


@pytest.mark.parametrize("field", HEADERS)
def test_what_the_header_says(tmp_path, field):
    keyword, value, fits, fits_not = HEADERS[field]
    described = {"Manufacturer": "GE"} | {keyword: value}
    path = write_dicom(tmp_path / "a.dcm", fan_frames(1, 0), "P1", "1.1", **described)
    assert rule_that_failed(path, tmp_path, include=(f"{field}={fits}",)) is None
    assert rule_that_failed(path, tmp_path, exclude=(f"{field}={fits_not}",)) is None
    assert rule_that_failed(path, tmp_path, include=(f"{field}={fits_not}",)) == f"{field}={fits_not}"
    assert rule_that_failed(path, tmp_path, exclude=(f"{field}={fits}",)) == f"not {field}={fits}"


@pytest.mark.parametrize("field", HEADERS)
def test_a_file_without_a_header_says_nothing(tmp_path, field):
    Image.fromarray(fan_frames(1, 0)[0]).save(tmp_path / "a.png")
    assert rule_that_failed(tmp_path / "a.png", tmp_path, include=(f"{field}=",)) is None
    assert rule_that_failed(tmp_path / "a.png", tmp_path, include=(f"{field}=?*",)) == f"{field}=?*"


def dual_screen(path):
    both = sector(apex_x=160.0, outer=300.0, half_angle=0.45) | sector(apex_x=480.0, outer=300.0, half_angle=0.45)
    return write_dicom(path, screen(both, text=False)[None], "P1", "1.1")


def one_fan(path):
    return write_dicom(path, large_frames(2), "P1", "1.1")


MODES = {"b": one_fan, "doppler": lambda path: power_doppler(path)[0], "dual": dual_screen}


@pytest.mark.parametrize("mode", MODES)
def test_how_the_picture_was_made(tmp_path, settings, mode):  # noqa: F811
    path = MODES[mode](tmp_path / "a.dcm")
    for other in MODES:
        for rules, fits in (({"include": (f"mode={other}",)}, True), ({"exclude": (f"mode={other}",)}, False)):
            answer = decode_clip(job_for(path), replace(settings, **rules))
            assert (answer.reason is None) == ((other == mode) is fits), (other, rules)
            assert answer.rule == (None if answer.reason is None else f"{'' if fits else 'not '}mode={other}")
    kept = decode_clip(job_for(path), settings)
    assert kept.held_reason is None
    assert {row["is_doppler"] for row in kept.rows} == {mode == "doppler"}
    assert kept.shared["is_dual"] == (mode == "dual")


def test_grey_and_cropped_to_the_fan(tmp_path, settings):  # noqa: F811
    """One grey frame as large as the fan's box allows, of a clip in colour."""
    answer = decode_clip(job_for(power_doppler(tmp_path / "a.dcm")[0]), settings)
    stored = np.fromfile(answer.spool_file, np.uint8).reshape(len(answer.rows), *settings.frame_shape)
    row = answer.shared
    assert stored.dtype == np.uint8
    assert row["scale"] == pytest.approx(min(48 / row["crop_h"], 64 / row["crop_w"]))
    lit = cv2.boundingRect((stored[0] > 8).astype(np.uint8))
    assert max(lit[2] / 64, lit[3] / 48) > 0.95
