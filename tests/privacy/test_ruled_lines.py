"""Lines that a machine rules, on tissue, whatever lies beside them; layers of tissue are none."""

import cv2
import numpy as np
import pytest

from sonosift.privacy.ruled_lines import find_ruled_lines

SHAPE = (288, 384)
EVERYWHERE = np.ones(SHAPE, dtype=bool)


def tissue(seed=0):
    speckle = np.random.default_rng(seed).rayleigh(45, SHAPE).astype(np.float32)
    return np.clip(cv2.GaussianBlur(speckle, (0, 0), 1.2), 0, 255).astype(np.uint8)


def ruled(picture, x, y, length, thick=2, grey=174, turned=False):
    drawn, marks = picture.copy(), np.zeros(SHAPE, dtype=bool)
    place = np.s_[x : x + length, y : y + thick] if turned else np.s_[y : y + thick, x : x + length]
    drawn[place], marks[place] = grey, True
    return drawn, marks


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("thick", [1, 2, 3, 4])
@pytest.mark.parametrize("place", [(0, 281), (120, 281), (60, 100)])
def test_a_line_is_found_as_a_whole_and_nothing_else(place, thick, turned):
    picture, marks = ruled(tissue(), *place, 84, thick, turned=turned)
    found = find_ruled_lines(picture, EVERYWHERE)
    assert found[marks].all()
    assert not found[cv2.dilate(marks.astype(np.uint8), np.ones((5, 5))) == 0].any()


def test_a_codec_leaves_it_a_line():
    picture, marks = ruled(tissue(), 200, 281, 84)
    coded = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_GRAYSCALE)
    assert find_ruled_lines(coded, EVERYWHERE)[marks].mean() > 0.9


@pytest.mark.parametrize("seed", range(5))
def test_tissue_has_none(seed):
    assert not find_ruled_lines(tissue(seed), EVERYWHERE).any()


def test_layers_are_none():
    """As thin, as bright and as level, of the grain of tissue; and one of one grey that fades at its ends."""
    picture, rng = tissue(), np.random.default_rng(5)
    picture[100:103, 60:300] = np.clip(rng.normal(200, 25, (3, 240)), 0, 255)
    fading = 174 * np.clip((100 - np.abs(np.arange(240) - 120)) / 60, 0, 1)
    picture[180:182, 60:300] = np.maximum(picture[180:182, 60:300], fading[None].astype(np.uint8))
    assert not find_ruled_lines(picture, EVERYWHERE).any()


def test_lines_beside_the_fan_do_not_count():
    picture, marks = ruled(tissue(), 200, 281, 84)
    inside = EVERYWHERE.copy()
    inside[270:] = False
    assert not find_ruled_lines(picture, inside).any()
    assert not (find_ruled_lines(picture, ~marks) & marks).any()
