"""Dotted lines of known dots over speckle: every dot is found, and nothing else."""

import numpy as np
import pytest

from sonosift.privacy.clip_cleaner import ClipCleaner
from sonosift.privacy.dotted_lines import find_dotted_lines
from tests.privacy.speckled_fan import fan, speckle

ALONG = np.arange(12)


def dotted(picture, x, y, ink=200):
    result = picture.copy()
    result[np.rint(y).astype(int), np.rint(x).astype(int)] = ink
    return result


@pytest.mark.parametrize(("across", "down"), [(8, 0), (0, 9), (6, 5), (-7.3, 4.4), (5.2, -1.3)])
def test_every_dot_of_a_line_is_found_and_nothing_else(across, down):
    x, y = 200 + across * (ALONG - 6), 150 + down * (ALONG - 6)
    found = find_dotted_lines(dotted(speckle(1), x, y), fan())
    near = np.zeros(found.shape, dtype=bool)
    for column, row in zip(np.rint(x).astype(int), np.rint(y).astype(int), strict=True):
        assert found[row, column]
        near[row - 2 : row + 3, column - 2 : column + 3] = True
    assert not (found & ~near).any()


@pytest.mark.parametrize("grain", [1.2, 1.6, 2.5])
def test_speckle_is_no_dotted_line(grain):
    assert not any(find_dotted_lines(speckle(seed, grain=grain), fan()).any() for seed in range(6))


def test_five_dots_and_uneven_steps_are_none():
    few = dotted(speckle(2), 180 + 8 * ALONG[:5], np.full(5, 150))
    steps = np.cumsum([0, 5, 14, 6, 17, 4, 12, 7, 16, 5, 13, 6])
    uneven = dotted(speckle(2), 150 + steps, np.full(12, 150))
    assert not find_dotted_lines(few, fan()).any()
    assert not find_dotted_lines(uneven, fan()).any()


def test_a_turned_picture_has_its_lines_turned():
    picture = dotted(speckle(3), 160 + 7 * ALONG, 120 + 3 * ALONG)
    found = find_dotted_lines(picture, fan())
    assert found.any()
    turned = find_dotted_lines(np.ascontiguousarray(np.rot90(picture)), np.ascontiguousarray(np.rot90(fan())))
    np.testing.assert_array_equal(turned, np.rot90(found))


def test_dots_are_painted_over_unless_calipers_are_kept():
    dirty, screen = dotted(speckle(4), 150 + 8 * ALONG, np.full(12, 150)), speckle(4)
    for remove in (True, False):
        overlay = ClipCleaner(remove_calipers=remove).study([dirty], fan(), screen, (0, 0))
        assert overlay.altered(0)[150, 150 + 8 * ALONG].all() == remove
