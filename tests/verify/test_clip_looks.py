"""What is read once is not read again, what was read before a kill is kept, and what changed since is read anew."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.verify import clip_looks, frame_reading
from sonosift.verify.clip_looks import FOLDER, NOTES, ClipLook, look_at_clips
from tests.verify.test_verify_cohort import write

TERMS = [("achterberg",)]


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Note what is read, and find a name where a frame has a bright corner."""
    read: list[bytes] = []

    def noted(frame: np.ndarray) -> list[frame_reading.Reading]:
        read.append(frame.tobytes())
        return [("ACHTERBERG", 0.9, np.array([[1.0, 2.0], [9.0, 6.0]]))] if frame[0, 0] == 255 else []

    monkeypatch.setattr(frame_reading, "_read", noted)
    return read


def bright_corner(frame: np.ndarray) -> None:
    frame[0, 0] = 255


def looks(cohort: Cohort) -> list[ClipLook]:
    return list(look_at_clips(Cohort.open(cohort.path), TERMS, ocr=True))


def test_each_distinct_picture_is_read_once_and_counts_wherever_it_is(cohort: Cohort, readings: list[bytes]) -> None:
    frame = np.array(cohort.frames.read([cohort.catalog()["frame_id"][5]])[0])
    frame[0, 0] = 255
    for place in (5, 6, 20):
        write(cohort, place, lambda stored: np.copyto(stored, frame))
    found = [doubt for look in looks(cohort) for doubt in look.read or []]
    assert len(readings) == len(set(readings)) == 22
    ids = cohort.catalog()["frame_id"]
    assert [doubt.frame_id for doubt in found] == [ids[5], ids[6], ids[20]]
    assert all(doubt.is_identity for doubt in found)


def test_a_text_in_one_frame_of_a_clip_is_found_in_that_frame(cohort: Cohort) -> None:
    def draw(frame: np.ndarray) -> None:
        cv2.putText(frame, "ACHTERBERG", (4, 52), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1, cv2.LINE_AA)

    write(cohort, 7, draw)
    found = [doubt for look in looks(cohort) for doubt in look.read or []]
    assert {doubt.frame_id for doubt in found} == {cohort.catalog()["frame_id"][7]}


def killed_after(cohort: Cohort, clips: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at some clips; what a kill leaves is what had been written by then, and half a line."""
    monkeypatch.setattr(clip_looks, "_AHEAD", 0)
    monkeypatch.setattr(clip_looks.threads, "available_cores", lambda: 1)
    going: Iterator[ClipLook] = look_at_clips(Cohort.open(cohort.path), TERMS, ocr=True)
    for _ in range(clips):
        next(going)
    notes = cohort.private_path / FOLDER / NOTES
    left = notes.read_bytes()
    going.close()  # type: ignore[attr-defined]
    notes.write_bytes(left + b'["half a li')


def test_an_interrupted_verification_goes_on(
    cohort: Cohort, readings: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cohort, 1, bright_corner)
    whole = looks(cohort)
    notes = cohort.private_path / FOLDER / NOTES
    assert not notes.exists()
    readings.clear()
    killed_after(cohort, 4, monkeypatch)
    assert notes.stat().st_mode & 0o077 == 0
    before = len(readings)
    assert looks(cohort) == whole
    assert 24 <= len(readings) <= 24 + 3  # at most the clip that was on its way is read twice
    assert before >= 12
    assert not notes.exists()


def test_other_pixels_and_other_terms_are_looked_at_again(
    cohort: Cohort, readings: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_after(cohort, 4, monkeypatch)
    write(cohort, 1, bright_corner)
    found = [doubt.frame_id for look in looks(cohort) for doubt in look.read or []]
    assert found == [cohort.catalog()["frame_id"][1]]
    killed_after(cohort, 4, monkeypatch)
    readings.clear()
    list(look_at_clips(Cohort.open(cohort.path), [("other",)], ocr=True))
    assert len(readings) == 24


def test_the_notes_say_what_was_asked_without_saying_it(
    cohort: Cohort, readings: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_after(cohort, 1, monkeypatch)
    first = (cohort.private_path / FOLDER / NOTES).read_text().splitlines()[0]
    assert len(json.loads(first)) == 64


def test_without_reading_nothing_is_read(cohort: Cohort, readings: list[bytes]) -> None:
    assert [look.read for look in look_at_clips(cohort, TERMS, ocr=False)] == [None] * 8
    assert readings == []
