import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.ingest.letterbox import Letterbox


@given(st.integers(1, 900), st.integers(1, 900), st.sampled_from([32, 64, 256]))
def test_the_crop_fits_and_is_centred(width, height, size):
    placed = Letterbox.around((7, 9, 7 + width, 9 + height), size)
    stored = placed.apply(np.full((height, width), 200, np.uint8))
    rows, columns = np.flatnonzero(stored.any(1)), np.flatnonzero(stored.any(0))
    assert stored.shape == (size, size)
    assert max(len(rows), len(columns)) == size
    assert (rows[0], columns[0]) == (placed.pad_y, placed.pad_x)
    assert abs(placed.pad_x - (size - columns[-1] - 1)) <= 1
    assert abs(placed.pad_y - (size - rows[-1] - 1)) <= 1
    assert len(rows) == pytest.approx(height * placed.scale, abs=1)


@pytest.mark.parametrize("box", [(100, 50, 500, 350), (0, 0, 90, 200), (10, 20, 40, 60)])
def test_points_map_to_where_they_are_drawn(box):
    source = np.zeros((400, 600), np.uint8)
    x, y = (box[0] + box[2]) // 2 - 4, (box[1] + box[3]) // 2 + 6
    source[y - 4 : y + 5, x - 4 : x + 5] = 255
    placed = Letterbox.around(box, 128)
    stored = placed.apply(source[box[1] : box[3], box[0] : box[2]]).astype(float)
    row, column = (stored.sum(1) @ np.arange(128) / stored.sum(), stored.sum(0) @ np.arange(128) / stored.sum())
    # Centres of pixels: a source pixel's centre lies half a pixel into it, so does a stored one's.
    assert (x + 0.5 - placed.crop_x) * placed.scale + placed.pad_x - 0.5 == pytest.approx(column, abs=0.6)
    assert (y + 0.5 - placed.crop_y) * placed.scale + placed.pad_y - 0.5 == pytest.approx(row, abs=0.6)


def test_circles_stay_circles():
    y, x = np.mgrid[0:300, 0:500]
    circle = (np.hypot(x - 250, y - 150) < 100).astype(np.uint8) * 255
    stored = Letterbox.around((0, 0, 500, 300), 128).apply(circle) > 127
    assert stored.any(1).sum() == pytest.approx(stored.any(0).sum(), abs=1)


def test_the_same_size_is_the_same_picture():
    picture = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    np.testing.assert_array_equal(Letterbox.around((0, 0, 64, 64), 64).apply(picture), picture)
