"""Title bars, and pictures cropped so that they end where the screen does."""

import cv2
import numpy as np
import pytest

from sonosift.privacy.fan import find_fan
from tests.privacy.fan_screens import HEIGHT, SHAPES, WIDTH, overlap, rectangle, screen, sector


@pytest.mark.parametrize("grey", [30, 70, 200])
def test_a_title_bar_is_no_picture(grey):
    truth = SHAPES["curvilinear"]
    picture = screen(truth & (np.arange(HEIGHT)[:, None] > 60), text=False)
    picture[:36] = grey
    for place, words in ((10, "MILLER, ANNA 12.03.1960"), (260, "General Hospital"), (480, "MI 1.1 TIs 0.4")):
        cv2.putText(picture, words, (place, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255 if grey < 100 else 0, 1)
    fan = find_fan([picture])
    assert fan is not None
    assert not fan.mask[:36].any()


CROPPED = {
    "to its width": sector(apex_y=-160.0, inner=165.0, outer=630.0, half_angle=0.8),
    "on all sides": rectangle(0, 0, WIDTH, HEIGHT),
}


@pytest.mark.parametrize("shape", CROPPED)
def test_smooth_tissue_that_fills_a_cropped_screen_is_no_title_bar(shape):
    truth = CROPPED[shape]
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    # What video compression leaves of the dark ends of a picture: broad patches of nearly equal greys.
    smooth = np.round(30 + 8 * np.sin(x / 50) + 3 * np.sin(y / 20)) // 2 * 2
    picture = np.where((y < 70) | (y > 370), smooth, np.maximum(12, screen(truth, text=False))) * truth
    fan = find_fan([picture.astype(np.uint8)])
    assert fan is not None
    assert overlap(fan.mask, truth) > 0.95


def test_the_black_corners_of_a_picture_cropped_to_its_width_are_left_out():
    # The sides are seen in the top sixth only: below it the picture ends where the screen does.
    truth = sector(apex_y=-330.0, inner=345.0, outer=800.0, half_angle=0.66)
    picture = screen(truth, text=False)
    for x in (2, 560):
        cv2.putText(picture, "MILLER", (x, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    fan = find_fan([picture])
    assert fan is not None
    assert overlap(fan.mask, truth) > 0.97
    assert not (fan.mask & ~cv2.dilate(truth.astype(np.uint8), np.ones((9, 9))).astype(bool) & (picture == 255)).any()
