from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.held import HeldClips, HeldWriter
from sonosift.cohort.sources import Source
from sonosift.commands.clear import clear
from sonosift.errors import SonosiftError
from sonosift.ingest.clean_crops import label_of
from sonosift.ingest.clip_job import Decoded, WorkerSettings
from sonosift.ingest.decode_clip import decode_clip
from sonosift.ingest.redraw_fan import REDRAWN, read_fan, redraw_fan
from sonosift.ingest.settings import IngestSettings, keep_dictionary, label_dictionary
from sonosift.privacy.fan_polygon import drawn_fan, mask_of
from tests.cohort.conftest import KEY, frame_rows
from tests.ingest.conftest import write_dicom
from tests.ingest.test_decode_clip import job_for, large_frames

HEIGHT, WIDTH, SIDE = 240, 320, 96
POLYGON = [[100, 40], [220, 40], [300, 220], [20, 220]]


def screens(count: int) -> list[np.ndarray]:
    """Smooth tissue everywhere, and a name beside the fan."""
    found = []
    for number in range(count):
        noise = cv2.GaussianBlur(np.random.default_rng(number).normal(0, 1, (HEIGHT, WIDTH)), (0, 0), 7)
        screen = np.clip(70 + 20 * noise / noise.std(), 1, 255).astype(np.uint8)
        cv2.putText(screen, "ACHTERBERG", (2, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1, cv2.LINE_AA)
        found.append(screen)
    return found


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    """A clip of three frames in which no fan was found."""
    made = Cohort.create(tmp_path / "cohort", size=SIDE, key=KEY)
    rows = frame_rows(3)
    for row in rows:
        row.update(source_height=HEIGHT, source_width=WIDTH, crop_x=0, crop_y=0, crop_w=WIDTH, crop_h=HEIGHT)
        row.update(fan_confidence=0.0, needs_review=True, mm_per_pixel=0.2)
    with HeldWriter(HeldClips(made).path, str(rows[0]["clip"]), "no_fan") as writer:
        for row, screen in zip(rows, screens(3), strict=True):
            writer.add(row, screen)
    made.private.sources.record([Source("a.dcm", clip=str(rows[0]["clip"]), held_frames=3, held_reason="no_fan")])
    return made


def fan_file(tmp_path: Path, content: object) -> Path:
    file = tmp_path / "fan.json"
    file.write_text(json.dumps(content))
    return file


def test_a_drawn_fan_lets_the_clip_in(cohort: Cohort, tmp_path: Path) -> None:
    clip = HeldClips(cohort).list()[0].clip
    summary = clear(cohort.path, clip=clip, fan=fan_file(tmp_path, {"polygon": POLYGON}))
    assert (summary.accepted_frames, summary.waiting) == (3, {})
    catalog = Cohort.open(cohort.path).catalog()
    assert catalog["frame_id"].to_list() == [f"{number:032x}" for number in range(3)]
    row = catalog.row(0, named=True)
    # The box around the corners, right and bottom inclusive: 281 x 181 pixels at 96/281.
    assert (row["crop_x"], row["crop_y"], row["crop_w"], row["crop_h"]) == (20, 40, 281, 181)
    assert row["scale"] == pytest.approx(SIDE / 281)
    assert row["fan_outline"] == [number for corner in POLYGON for number in corner]
    assert (row["fan_confidence"], row["needs_review"], row["mm_per_pixel"]) == (1.0, False, 0.2)
    mask = mask_of(row["fan_outline"], HEIGHT, WIDTH)
    for stored, screen in zip(Cohort.open(cohort.path).frames.all(), screens(3), strict=True):
        # The oracle: blank, cut, scale by hand; nothing inside the fan is text, so nothing there is painted over.
        blanked = np.where(mask, screen, 0)[40:221, 20:301].astype(np.uint8)
        small = cv2.resize(blanked, (SIDE, 62), interpolation=cv2.INTER_AREA)
        np.testing.assert_allclose(stored[17 : 17 + 62].astype(int), small.astype(int), atol=1)
        assert not stored[:17].any()
    assert cohort.private.sources.all()[0].held_reason is None


def test_what_the_check_still_doubts_waits(cohort: Cohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonosift.privacy.independent_check import Doubt

    monkeypatch.setattr("sonosift.ingest.clean_crops.doubt_about", lambda *_: Doubt("WRITING", 9.0, 1, (0, 0, 8, 8)))
    clip = HeldClips(cohort).list()[0].clip
    summary = clear(cohort.path, clip=clip, fan=fan_file(tmp_path, POLYGON))
    assert (summary.accepted_frames, summary.redrawn_clips, summary.waiting) == (0, 1, {"writing": 1})
    waiting = HeldClips(cohort).clip(clip)
    assert waiting.is_cleaned
    np.testing.assert_array_equal(waiting.source(2), screens(3)[2])
    assert Cohort.open(cohort.path).catalog().is_empty()
    assert clear(cohort.path, clip=clip, accept=True).accepted_frames == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([[0, 0], [400, 0], [400, 200]], "beyond the kept picture"),
        ([[0, 0], [40, 0]], "not the corners of a polygon"),
        ({"corners": 3}, "holds no polygon"),
        ("x", "holds no polygon"),
    ],
)
def test_a_wrong_fan_changes_nothing(cohort: Cohort, tmp_path: Path, content: object, message: str) -> None:
    clip = HeldClips(cohort).list()[0].clip
    with pytest.raises(SonosiftError, match=message):
        clear(cohort.path, clip=clip, fan=fan_file(tmp_path, content))
    assert HeldClips(cohort).counts() == {"no_fan": 1}
    with pytest.raises(SonosiftError, match="there is no fan"):
        read_fan(tmp_path / "nothing.json")


def test_two_polygons_are_a_dual_screen(tmp_path: Path) -> None:
    flat = [0, 0, 9, 0, 9, 9, -1, -1, 20, 0, 29, 0, 29, 9]
    assert read_fan(fan_file(tmp_path, flat)) == flat


def as_decoded(tmp_path: Path, pictures: np.ndarray, settings: WorkerSettings, outline: list[int]) -> Decoded:
    """The oracle: the same pictures as a file, through the decoding child, with this fan found in them."""
    file = write_dicom(tmp_path / "oracle.dcm", pictures, "P1", "1.1")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sonosift.ingest.decode_clip.find_fan", lambda *_: drawn_fan(outline, pictures.shape[1:]))
        return decode_clip(job_for(file), settings)


@pytest.mark.parametrize("option", ["none", "crop_border", "rescale_intensity", "keep_calipers"])
def test_the_same_steps_as_in_a_decoding_child(tmp_path: Path, option: str) -> None:
    """Frames, labels and measures are those that ingest would have come to with this fan."""
    pictures = large_frames(2, "LIVER")
    # A dark band within the drawn fan, and a cross that calipers look like.
    pictures[:, :170] = 0
    for picture in pictures:
        cv2.drawMarker(picture, (300, 360), 255, cv2.MARKER_CROSS, 17, 2)
        cv2.drawMarker(picture, (380, 380), 255, cv2.MARKER_CROSS, 17, 2)
    made_by = {"clip_rate_hz": 8.0} | ({} if option == "none" else {option: True})
    outline = [260, 120, 380, 120, 540, 430, 100, 430]
    cohort = Cohort.create(tmp_path / "cohort", size=SIDE, key=KEY, preprocessing=made_by)
    for name in ("spool", "held"):
        (tmp_path / name).mkdir()
    folders = (str(tmp_path / "spool"), str(tmp_path / "held"))
    told = {option: True} if option != "none" else {}
    settings = WorkerSettings(KEY.hex(), (SIDE, SIDE), 8.0, "paper", *folders, label_dictionary="abdomen", **told)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sonosift.ingest.clean_crops.doubt_about", lambda *_: None)
        patched.setattr("sonosift.ingest.clean_crops.MOST_ALTERED", 1.0)
        expected = as_decoded(tmp_path, pictures, settings, outline)
        rows = [expected.shared | row for row in expected.rows]
        wrong = {"crop_x": 0, "scale": 9.0, "burnt_in_label": "kidney", "burnt_in_view": None, "altered_share": 0.9}
        with HeldWriter(HeldClips(cohort).path, str(rows[0]["clip"]), "no_fan") as writer:
            for row, picture in zip(rows, pictures, strict=True):
                writer.add(row | wrong, picture)
        redrawn = redraw_fan(cohort, HeldClips(cohort).list()[0], outline)
    assert redrawn.reason == REDRAWN
    assert expected.spool_file is not None
    stored = np.fromfile(expected.spool_file, dtype=np.uint8).reshape(2, SIDE, SIDE)
    np.testing.assert_array_equal(redrawn.frames(), stored)
    for mine, row in zip(redrawn.rows, rows, strict=True):
        assert mine == row | {"fan_outline": outline}
    assert redrawn.rows[0]["burnt_in_label"] == "liver"
    assert redrawn.rows[0]["crop_y"] == (170 if option == "crop_border" else 120)


def test_where_only_the_fan_was_kept_the_label_beside_it_stays(tmp_path: Path, cohort: Cohort) -> None:
    """The kept picture is a part of the screen; places are counted on the screen."""
    rows = [row | {"burnt_in_label": "spleen", "is_doppler": True} for row in HeldClips(cohort).list()[0].rows]
    part = screens(3)
    with HeldWriter(HeldClips(cohort).path, str(rows[0]["clip"]), "writing", corner=(40, 30)) as writer:
        for row, screen in zip(rows, part, strict=True):
            writer.add(row, screen[30:220, 40:300])
    outline = [100, 60, 220, 60, 280, 200, 60, 200]
    redrawn = redraw_fan(cohort, HeldClips(cohort).list()[0], outline)
    row = redrawn.rows[0]
    assert (row["burnt_in_label"], row["is_doppler"]) == ("spleen", True)
    assert (row["crop_x"], row["crop_y"], row["crop_w"], row["crop_h"]) == (60, 60, 221, 141)
    assert redrawn.corner == (40, 30)
    inside = mask_of(outline, HEIGHT, WIDTH)
    expected = np.where(inside, part[2], 0)[60:201, 60:281].astype(np.uint8)
    small = cv2.resize(expected, (SIDE, 61), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(redrawn.frames()[2][17 : 17 + 61].astype(int), small.astype(int), atol=1)


def test_a_dictionary_of_ones_own_is_kept_for_later(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("text,label\nLEBER,liver\n")
    asked = IngestSettings(size=SIDE, burnt_in_labels=table)
    cohort = Cohort.create(tmp_path / "cohort", size=SIDE, key=KEY, preprocessing=asked.preprocessing)
    assert label_dictionary(cohort) is None  # a cohort from before copies were kept
    keep_dictionary(asked, cohort)
    table.unlink()
    kept = label_dictionary(cohort)
    assert kept is not None
    assert label_of(["Leber"], kept) == "liver"
    assert Path(kept).is_relative_to(cohort.private_path)
