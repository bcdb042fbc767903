"""Strokes of known pixels on speckle: found whole, and told from blobs that fade."""

import cv2
import numpy as np
import pytest

from sonosift.privacy.inpainting import inpainted
from sonosift.privacy.still_marks import darkest
from sonosift.privacy.stroke_marks import find_strokes
from sonosift.privacy.word_areas import areas_of, painted_area
from tests.privacy.speckled_fan import fan, letters, speckle, written


@pytest.mark.parametrize("thickness", [1, 3])
def test_letters_are_strong_and_fading_blobs_are_not(thickness):
    coverage = letters("KIDNEY", (130, 200), 0.8, thickness)
    blob = np.zeros(coverage.shape)
    blob[120, 200] = 1.0
    blob = cv2.GaussianBlur(blob, (0, 0), 5)
    picture = np.clip(speckle(1) + 150 * blob / blob.max(), 0, 255).astype(np.uint8)
    strokes = find_strokes(written(picture, coverage), fan())
    assert strokes.strong[coverage > 0.9].mean() > 0.95
    assert not strokes.strong[105:136, 185:216].any()


def test_what_lies_outside_is_not_looked_at():
    coverage = letters("KIDNEY", (130, 200), 0.8)
    picture = written(speckle(1), coverage)
    changed = np.where(fan(), picture, 255).astype(np.uint8)
    np.testing.assert_array_equal(find_strokes(picture, fan()).strong, find_strokes(changed, fan()).strong)


def test_a_word_becomes_one_area_without_gaps_between_its_letters():
    coverage = letters("LIVER", (130, 200), 0.9, 2)
    areas = areas_of(find_strokes(written(speckle(2), coverage), fan()))
    assert len(areas) == 1
    assert areas[0].looks_like_text
    painted = painted_area(areas, coverage.shape)
    count, _ = cv2.connectedComponents(painted.astype(np.uint8))
    assert count == 2
    assert painted[coverage > 0.1].all()


def test_the_frame_of_a_colour_box_takes_its_lines_alone():
    coverage = np.zeros(fan().shape)
    cv2.rectangle(coverage, (140, 120), (190, 190), 1.0, 1)
    cv2.rectangle(coverage, (196, 120), (246, 190), 1.0, 1)  # two of them make an area of two pieces
    painted = painted_area(areas_of(find_strokes(written(speckle(2), coverage), fan())), coverage.shape)
    assert painted[coverage > 0].all()
    reach = cv2.dilate((coverage > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert not (painted & ~reach).any()


def test_painting_changes_marked_pixels_only_and_fills_them_from_around():
    picture = np.where(fan(), 80, 0).astype(np.uint8)
    marks = np.zeros(picture.shape, dtype=bool)
    marks[100:110, 150:330] = True
    marks &= fan()
    dirty = np.where(marks, 255, picture).astype(np.uint8)
    cleaned = inpainted(dirty, marks, fan())
    np.testing.assert_array_equal(cleaned[~marks], dirty[~marks])
    assert np.abs(cleaned[marks & fan()].astype(int) - 80).max() <= 2  # a flat ground comes back, at the fan's edge too
    assert dirty[105, 200] == 255


def test_darkest_is_the_minimum_over_time():
    pictures = [speckle(seed) for seed in range(5)]
    np.testing.assert_array_equal(darkest(pictures), np.min(pictures, axis=0))
