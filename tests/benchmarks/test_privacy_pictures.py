"""The measure of privacy, on frames whose fate is known: kept, cleaned well, cleaned badly, altered elsewhere."""

import json

import numpy as np
import pytest

from benchmarks.privacy_pictures import judge_frame, true_fan
from sonosift.cohort.geometry import FrameGeometry
from sonosift.phantom.physics.fan_mask import fan_mask
from sonosift.phantom.physics.geometry import Geometry
from sonosift.phantom.screen.screen_canvas import Canvas
from sonosift.phantom.screen.screen_fonts import Font
from sonosift.privacy.fan_polygon import polygon_of

HEIGHT, WIDTH = 300, 400
FAN = {"kind": "linear", "apex_x": 200.0, "apex_y": 20.0, "radius": 0.0, "depth": 250.0, "half_angle": 0.0,
       "half_width": 160.0, "box": [40, 20, 361, 271]}  # fmt: skip
BOX = (40, 20, 361, 271)


def scene(ink=(255, 255, 255), size=18, frame=(256, 256)):
    """A picture with one name on it, its clean twin, and the row of the tables about it."""
    real = true_fan(json.dumps(FAN), HEIGHT, WIDTH)
    clean = np.where(real, np.random.default_rng(1).normal(80, 20, (HEIGHT, WIDTH)).clip(5, 250), 0).astype(np.uint8)
    canvas = Canvas(HEIGHT, WIDTH, 1, real)
    canvas.text(120, 120, "MILLER, ANNA", Font("smooth", size), ink, "identity")
    drawn = canvas.texts[0]
    row = vars(FrameGeometry.around(BOX, frame, (HEIGHT, WIDTH))) | {
        "fan": json.dumps(FAN), "fan_outline": polygon_of(real), "identity_text": [drawn.text],
        "text_boxes": json.dumps([[drawn.text, *drawn.box, True]]),
    }  # fmt: skip
    return row, canvas.over(clean), clean, frame


def stored(row, picture, frame):
    x0, y0, x1, y1 = BOX
    return FrameGeometry.of_row(row).letterboxed(np.ascontiguousarray(picture[y0:y1, x0:x1]), frame)


@pytest.mark.parametrize("frame", [(256, 256), (1024, 1024)])
@pytest.mark.parametrize("ink", [(255, 255, 255), (140, 140, 140)], ids=["white", "pale"])
def test_what_was_not_cleaned_is_left(ink, frame):
    row, source, clean, frame = scene(ink, frame=frame)
    found = judge_frame(row, stored(row, source, frame), source, clean)
    (text,) = found.texts
    assert text.visible
    assert text.left
    assert text.is_identity
    assert text.kept_share == pytest.approx(1.0, abs=0.02)
    assert found.altered == found.changed == 0
    assert found.fan_overlap > 0.99


def test_a_perfect_cleaner_leaves_nothing():
    row, source, clean, frame = scene()
    found = judge_frame(row, stored(row, clean, frame), source, clean)
    assert not found.texts[0].left
    assert found.texts[0].kept_share == pytest.approx(0.0, abs=0.02)
    assert found.altered == 0
    assert found.changed > 0


@pytest.mark.parametrize(("share", "left"), [(0.1, False), (0.5, True)])
def test_a_shade_of_the_letters_counts_by_its_strength(share, left):
    row, source, clean, frame = scene()
    shade = (clean + share * (source.astype(float) - clean)).round().astype(np.uint8)
    (text,) = judge_frame(row, stored(row, shade, frame), source, clean).texts
    assert text.kept_share == pytest.approx(share, abs=0.05)
    assert text.left == left


def test_a_bright_smear_over_the_line_is_not_text():
    row, source, clean, frame = scene(frame=(1024, 1024))
    smeared = clean.copy()
    _, x0, y0, x1, y1, _ = json.loads(row["text_boxes"])[0]
    smeared[y0:y1, x0:x1] = 220
    (text,) = judge_frame(row, stored(row, smeared, frame), source, clean).texts
    assert text.kept_share > 0.25
    assert not text.left


def test_a_blurred_patch_in_place_of_the_text_is_not_text():
    row, source, clean, frame = scene()
    filled = source.copy()
    _, x0, y0, x1, y1, _ = json.loads(row["text_boxes"])[0]
    filled[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3] = 80
    found = judge_frame(row, stored(row, filled, frame), source, clean)
    assert not found.texts[0].left
    assert found.altered == 0  # it lies within five pixels of the letters


def test_what_was_altered_elsewhere_is_counted_in_pixels():
    row, source, clean, frame = scene(frame=(321, 321))
    assert row["scale"] == 1.0
    hurt = clean.copy()
    hurt[200:220, 100:130] = 255
    found = judge_frame(row, stored(row, hurt, frame), source, clean)
    assert found.altered == pytest.approx(600, abs=2)
    assert found.fan_pixels == pytest.approx(315 * 245, rel=0.02)


def test_half_of_the_fan_cut_off_is_half_an_overlap():
    row, source, clean, frame = scene()
    half = fan_mask(Geometry(**{name: value for name, value in FAN.items() if name != "box"}), (HEIGHT, WIDTH))
    half[:, 200:] = False
    found = judge_frame(row | {"fan_outline": polygon_of(half)}, stored(row, clean, frame), source, clean)
    assert found.fan_overlap == pytest.approx(0.5, abs=0.01)
