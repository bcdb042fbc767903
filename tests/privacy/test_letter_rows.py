"""Pale letters of known pixels on speckle: found as a row, and not where there are none."""

import cv2
import numpy as np
import pytest

from sonosift.privacy.letter_rows import find_letter_rows
from tests.privacy.speckled_fan import fan, jpeg, letters, speckle, written

TEXT = "MRN 4420199"


def rows_in(picture, inside=None):
    inside = fan() if inside is None else inside
    return find_letter_rows(picture, inside)


def covered(rows, shape):
    marks = np.zeros(shape, dtype=bool)
    for x0, y0, x1, y1 in rows:
        marks[y0:y1, x0:x1] = True
    return marks


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("quality", [None, 85])
def test_letters_little_brighter_than_the_tissue_are_found_whole(upright, quality):
    coverage = letters(TEXT, (190, 0) if upright else (120, 190), 0.55, upright=upright)
    ground = np.where(fan(), 45 + (speckle(7, grain=2.5).astype(int) - 70) // 3, 0).astype(np.uint8)
    picture = written(ground, coverage, ink=85)
    if quality is not None:
        picture = np.where(fan(), jpeg(picture, quality), 0).astype(np.uint8)
    rows = rows_in(picture)
    assert covered(rows, picture.shape)[coverage > 0.8].mean() > 0.95
    _, _, width, height = cv2.boundingRect((coverage > 0).astype(np.uint8))
    assert covered(rows, picture.shape).sum() < 1.5 * width * height
    assert rows_in(ground) == []


@pytest.mark.parametrize("grain", [1.2, 1.6, 2.5, 4.0])
def test_speckle_holds_no_rows(grain):
    shares = [covered(rows_in(speckle(seed, grain=grain)), fan().shape).sum() / fan().sum() for seed in range(6)]
    assert np.mean(shares) <= 0.001


def test_a_turned_picture_has_turned_rows():
    ground = np.where(fan(), 45 + (speckle(7, grain=2.5).astype(int) - 70) // 3, 0).astype(np.uint8)
    picture = written(ground, letters(TEXT, (120, 190), 0.55), ink=85)
    level = rows_in(picture)
    turned = rows_in(np.ascontiguousarray(picture.T), np.ascontiguousarray(fan().T))
    assert level
    assert covered(turned, picture.T.shape)[covered(level, picture.shape).T].mean() > 0.9


def test_two_letters_are_no_row_and_a_blank_picture_has_none():
    ground = np.where(fan(), 40, 0).astype(np.uint8)
    assert rows_in(written(ground, letters("OO", (180, 190), 0.55), ink=75)) == []
    assert rows_in(ground) == []
    assert rows_in(np.zeros((1, 1), dtype=np.uint8), np.ones((1, 1), dtype=bool)) == []


def test_rows_do_not_depend_on_what_lies_outside():
    picture = written(speckle(5), letters(TEXT, (120, 190), 0.55), ink=150)
    assert rows_in(picture) == rows_in(np.where(fan(), picture, 255).astype(np.uint8))
