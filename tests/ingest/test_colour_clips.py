"""Clips with colour flow come in flagged, flow and all; what is written beside it does not."""

from dataclasses import replace

import cv2
import numpy as np
import pydicom
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.commands.ingest import ingest
from sonosift.ingest import clean_crops, decode_clip
from tests.ingest.conftest import write_dicom
from tests.ingest.test_decode_clip import job_for, large_frames, settings  # noqa: F401 - a fixture
from tests.privacy.test_flow_colours import with_power_doppler


def power_doppler(path, text=""):
    """Two frames of vessels in colour, with the outline of their box, on a screen that has a name on it."""
    frames = np.repeat(large_frames(2, text)[..., None], 3, axis=3)
    vessels = np.zeros((480, 640, 3), np.uint8)
    vessels[40:400, 80:560] = with_power_doppler(np.zeros((360, 480, 3), np.uint8))
    for frame in frames:
        shown = vessels.any(axis=2)
        frame[shown] = vessels[shown]
        cv2.rectangle(frame, (200, 150), (440, 380), (120, 190, 255), 2)
        cv2.putText(frame, text, (250, 300), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    write_dicom(path, frames[..., 0], "P1", "1.1")
    dataset = pydicom.dcmread(path)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.PixelData = frames.tobytes()
    dataset.save_as(path)
    return path, shown


def test_it_comes_in_flagged_with_its_vessels(tmp_path):
    _, vessels = power_doppler(tmp_path / "archive/flow.dcm")
    summary = ingest(tmp_path / "archive", tmp_path / "cohort", size=512, clip_rate_hz=8.0, workers=1)
    assert (summary.frames, summary.held) == (2, {})
    cohort = Cohort.open(tmp_path / "cohort")
    catalog = cohort.catalog()
    assert catalog["is_doppler"].all()
    row = catalog.row(0, named=True)
    x, y, w, h = row["crop_x"], row["crop_y"], row["crop_w"], row["crop_h"]
    frame = cohort.frames.read([row["frame_id"]])[0]
    shown = cv2.resize(vessels[y : y + h, x : x + w].astype(np.float32), None, fx=row["scale"], fy=row["scale"])
    inside = np.zeros(frame.shape, bool)
    inside[row["pad_y"] : row["pad_y"] + shown.shape[0], row["pad_x"] : row["pad_x"] + shown.shape[1]] = shown > 0.99
    # In grey, vessels are brighter than what is around them, and stay so.
    assert np.median(frame[inside]) > 100


@pytest.mark.parametrize("ocr_fails", [False, True])
def test_words_on_it_are_looked_for_or_it_waits(tmp_path, settings, monkeypatch, ocr_fails):  # noqa: F811
    path, _ = power_doppler(tmp_path / "flow.dcm", "MILLER")

    def read_again(pictures, flow, mask):
        if ocr_fails:
            raise RuntimeError("no model")
        return np.ones(mask.shape, bool)

    monkeypatch.setattr(clean_crops, "flow_with_words", read_again)
    answer = decode_clip.decode_clip(job_for(path), replace(settings, clip_rate_hz=8.0))
    assert answer.held_reason == ("cleaning_failed" if ocr_fails else "writing")
