"""Drawing on a screen: text boxes hold exactly the ink, and the overlay is ordinary alpha blending."""

import numpy as np
import pytest

from sonosift.phantom.screen.screen_canvas import Canvas, luminance
from sonosift.phantom.screen.screen_fonts import Font, letters

FONTS = [Font(family, size) for family in ("smooth", "bold", "narrow", "pixel", "plotter") for size in (11, 20)]


def canvas(channels=3, height=80, width=240):
    fan = np.zeros((height, width), dtype=bool)
    fan[40:] = True
    return Canvas(height, width, channels, fan)


def noise(shape, seed=3):
    return np.random.default_rng(seed).integers(0, 200, shape, dtype=np.uint8)


@pytest.mark.parametrize("font", FONTS, ids=lambda font: f"{font.family}{font.size}")
@pytest.mark.parametrize("channels", [1, 3])
def test_the_box_is_the_bounding_box_of_what_changed(font, channels):
    shape = (80, 240) if channels == 1 else (80, 240, 3)
    sheet = canvas(channels)
    image = noise(shape)
    box = sheet.text(30, 20, "RT LOBE 12", font, (255, 255, 255), "label")
    changed = sheet.over(image) != image
    changed = changed.any(axis=-1) if channels == 3 else changed
    rows, columns = np.nonzero(changed)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == pytest.approx(box, abs=1)
    assert not np.delete(changed, np.s_[box[1] : box[3]], axis=0).any()
    assert not np.delete(changed, np.s_[box[0] : box[2]], axis=1).any()
    assert sheet.texts[0].box == box


def test_blending_against_floating_point():
    sheet = canvas()
    image = noise((80, 240, 3)).astype(float)
    expected = image.copy()
    rng = np.random.default_rng(4)
    for colour in ((255, 0, 0), (10, 200, 90), (0, 0, 0)):
        mask = rng.integers(0, 256, (30, 50), dtype=np.uint8)
        sheet.cover(20, 15, mask, colour)
        weight = mask[..., None] / 255
        expected[15:45, 20:70] = weight * np.array(colour) + (1 - weight) * expected[15:45, 20:70]
    assert np.abs(sheet.over(image.astype(np.uint8)) - expected).max() < 5  # three roundings down


def test_texts_know_whether_they_touch_the_image():
    sheet = canvas()
    font = Font("smooth", 16)
    sheet.text(10, 5, "above", font, (255, 255, 255))
    sheet.text(10, 60, "below", font, (255, 255, 255))
    assert [drawn.inside_fan for drawn in sheet.texts] == [False, True]
    assert not sheet.is_free(sheet.texts[0].box, off_image=False)
    assert sheet.is_free((100, 5, 140, 20), off_image=True)
    assert not sheet.is_free((100, 45, 140, 60), off_image=True)
    assert not sheet.is_free((230, 5, 250, 20), off_image=False)  # leaves the screen


def test_text_that_would_leave_the_screen_is_moved_in():
    sheet = canvas()
    mask = letters("LONG TEXT", Font("smooth", 20))
    for x, y, anchor in ((-50, -9, "left"), (500, 500, "left"), (0, 0, "right"), (240, 79, "middle")):
        box = sheet.text(x, y, "LONG TEXT", Font("smooth", 20), (255, 255, 255), anchor=anchor)
        assert (box[2] - box[0], box[3] - box[1]) == (mask.shape[1], mask.shape[0])
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= 240
        assert box[3] <= 80


def test_empty_text_draws_and_records_nothing():
    sheet = canvas()
    sheet.text(3, 3, "", Font("smooth", 20), (255, 255, 255))
    assert sheet.texts == []
    assert (sheet.over(noise((80, 240, 3))) == noise((80, 240, 3))).all()


def test_accents_are_folded_in_the_drawing():
    assert (letters("MÜLLER", Font("smooth", 18)) == letters("MULLER", Font("smooth", 18))).all()


def test_grey_screens_show_luminance():
    sheet = canvas(channels=1)
    sheet.rectangle((0, 0, 4, 4), (255, 0, 0))
    sheet.patch(10, 0, np.full((2, 2, 3), (0, 255, 0), dtype=np.uint8))
    shown = sheet.over(np.zeros((80, 240), dtype=np.uint8))
    assert shown[0, 0] == luminance((255, 0, 0)) == 76
    assert shown[1, 11] == luminance((0, 255, 0)) == 150
