"""Pieces at one grey level against sets of pixels counted by hand."""

import numpy as np
import pytest

from sonosift.privacy.grey_cuts import cut_at


def everything(statistics):
    return np.ones(len(statistics), dtype=bool)


@pytest.fixture
def two_squares():
    picture = np.full((20, 30), 10, dtype=np.uint8)
    picture[5:8, 5:8] = 100
    picture[5:8, 20:23] = 60
    return picture


def test_pieces_rings_and_means_are_those_counted_by_hand(two_squares):
    cut = cut_at(two_squares, np.ones((20, 30), dtype=bool), 50, everything)
    assert cut.boxes.tolist() == [[5, 5, 3, 3], [20, 5, 3, 3]]
    assert cut.means(cut.own_piece, two_squares.ravel()[cut.own]).tolist() == [100, 60]
    assert cut.means(cut.ring_piece, two_squares.ravel()[cut.ring]).tolist() == [10, 10]
    assert np.bincount(cut.ring_piece).tolist() == [20, 20]  # four sides of five, one pixel away
    assert np.bincount(cut.own_piece[cut.rim()]).tolist() == [8, 8]


def test_what_lies_outside_and_what_is_darker_is_in_no_piece(two_squares):
    left = np.zeros((20, 30), dtype=bool)
    left[:, :15] = True
    changed = np.where(left, two_squares, 255).astype(np.uint8)
    for picture in (two_squares, changed):
        cut = cut_at(picture, left, 50, everything)
        assert len(cut.boxes) == 1
        assert left.ravel()[cut.ring].all()
    assert cut_at(two_squares, left, 101, everything) is None


def test_too_few_and_too_many_pieces_are_none(two_squares):
    inside = np.ones((20, 30), dtype=bool)
    assert cut_at(two_squares, inside, 50, everything, fewest=3) is None
    assert cut_at(two_squares, inside, 50, everything, most=1) is None


def test_more_pieces_than_sixteen_bits_can_count_stay_apart():
    picture = np.zeros((600, 600), dtype=np.uint8)
    picture[::2, ::2] = 200
    cut = cut_at(picture, np.ones(picture.shape, dtype=bool), 50, everything)
    assert np.bincount(cut.own_piece).tolist() == [1] * 90_000
