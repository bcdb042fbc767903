"""Pale letters of known pixels, in every direction, on tissue whose grain is wider than they are."""

import cv2
import numpy as np
import pytest

from sonosift.privacy.clip_cleaner import ClipCleaner
from sonosift.privacy.faint_writing import find_faint_writing
from tests.privacy.pale_names import NAME, coverage_of, pale, tissue
from tests.privacy.speckled_fan import HEIGHT, WIDTH, fan, speckle

NOTHING = np.zeros((HEIGHT, WIDTH), dtype=bool)


def study(frames):
    screen = np.zeros((HEIGHT + 100, WIDTH + 100), dtype=np.uint8)
    screen[30 : 30 + HEIGHT, 40 : 40 + WIDTH] = frames[0]
    return ClipCleaner().study(frames, fan(), screen, (40, 30))


@pytest.mark.parametrize("turn", [0, 90, 180, 270, 30, -50])
@pytest.mark.parametrize("contrast", [35.0, 22.0])
def test_a_pale_name_in_any_direction_is_found_whole_and_nothing_else(turn, contrast):
    coverage = coverage_of(NAME, turn)
    found = find_faint_writing(pale(tissue(2), coverage, contrast), fan(), NOTHING)
    assert found[coverage > 0.4].all()
    rows, columns = np.nonzero(found)
    spread = np.hypot(rows - 170, columns - 200)
    assert spread.max() < 62
    assert found.sum() < 2200


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("length", [1, 20])
def test_the_cleaner_paints_a_pale_name_over_in_stills_and_clips(turn, length):
    coverage = coverage_of(NAME, turn)
    frames = [pale(tissue(seed), coverage) for seed in range(length)]
    overlay = study(frames)
    for position in range(length):
        assert overlay.altered(position)[coverage > 0.4].all()
        assert overlay.altered(position).sum() < 4000


@pytest.mark.parametrize("turn", [0, 90])
def test_a_pale_name_that_comes_late_is_painted_over_while_it_is_there(turn):
    coverage = coverage_of(NAME, turn)
    shown = range(21, 36)
    clip = [pale(tissue(seed), coverage, 30.0) if seed in shown else tissue(seed) for seed in range(36)]
    overlay = study(clip)
    for position in range(36):
        covered = overlay.altered(position)[coverage > 0.4]
        assert covered.all() if position in shown else position >= 8 or not covered.any()


@pytest.mark.parametrize("grain", [1.2, 1.6, 2.5, 4.0])
def test_tissue_of_any_grain_has_none(grain):
    for seed in range(3):
        assert not find_faint_writing(speckle(seed, grain=grain), fan(), NOTHING).any()


def test_lines_crosses_and_arcs_are_no_writing():
    picture = tissue(4)
    for x, y in ((150, 120), (250, 160)):
        cv2.line(picture, (x - 5, y), (x + 5, y), 90)
        cv2.line(picture, (x, y - 5), (x, y + 5), 90)
    cv2.ellipse(picture, (200, 200), (60, 40), 20, 0, 200, 95, 1, cv2.LINE_AA)
    assert not find_faint_writing(np.where(fan(), picture, 0).astype(np.uint8), fan(), NOTHING).any()


def test_what_is_known_or_outside_is_not_looked_at():
    coverage = coverage_of(NAME, 90)
    picture = pale(tissue(2), coverage)
    assert not find_faint_writing(picture, fan(), cv2.dilate(coverage, np.ones((9, 9))) > 0).any()
    changed = np.where(fan(), picture, 255).astype(np.uint8)
    np.testing.assert_array_equal(
        find_faint_writing(changed, fan(), NOTHING), find_faint_writing(picture, fan(), NOTHING)
    )
    for shape in ((1, 1), (8, 40), (20, 20)):
        assert not find_faint_writing(np.zeros(shape, np.uint8), np.ones(shape, bool), np.zeros(shape, bool)).any()
