from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.geometry import FrameGeometry


@st.composite
def geometries(draw: st.DrawFn) -> FrameGeometry:
    height, width = draw(st.integers(20, 200)), draw(st.integers(20, 200))
    x, y = draw(st.integers(0, width - 10)), draw(st.integers(0, height - 10))
    w, h = draw(st.integers(10, width - x)), draw(st.integers(10, height - y))
    scale = 64 / max(w, h)
    pads = (64 - round(w * scale)) // 2, (64 - round(h * scale)) // 2
    return FrameGeometry(height, width, x, y, w, h, scale, *pads, mm_per_pixel=0.25)


@given(geometry=geometries(), points=st.lists(st.tuples(st.floats(-50, 250), st.floats(-50, 250)), max_size=5))
def test_there_and_back(geometry: FrameGeometry, points: list[tuple[float, float]]) -> None:
    there = geometry.to_frame(np.array(points).reshape(-1, 2))
    np.testing.assert_allclose(geometry.to_source(there), np.array(points).reshape(-1, 2), atol=1e-9)


@given(geometry=geometries())
def test_lengths_in_millimetres_stay(geometry: FrameGeometry) -> None:
    ends = np.array([[3.0, 4.0], [33.0, 44.0]])
    in_source = np.linalg.norm(ends[1] - ends[0]) * geometry.mm_per_pixel
    moved = geometry.to_frame(ends)
    assert np.linalg.norm(moved[1] - moved[0]) * geometry.frame_mm_per_pixel == pytest.approx(in_source)


@given(geometry=geometries())
def test_the_crop_fills_the_frame_from_pad_to_pad(geometry: FrameGeometry) -> None:
    g = geometry
    box = g.to_frame([[g.crop_x, g.crop_y, g.crop_x + g.crop_w, g.crop_y + g.crop_h]])[0]
    np.testing.assert_allclose(box[:2], [g.pad_x, g.pad_y])
    np.testing.assert_allclose(box[2:], [g.pad_x + g.crop_w * g.scale, g.pad_y + g.crop_h * g.scale])


def test_points_follow_the_pixels() -> None:
    # A bright square is scaled as ingest scales; its box in the frame is where the bright pixels are.
    source = np.zeros((100, 160), np.uint8)
    source[40:60, 70:110] = 255
    geometry = FrameGeometry(100, 160, 40, 10, 80, 80, 2.0, 0, 0)
    frame = cv2.resize(source[10:90, 40:120], (160, 160), interpolation=cv2.INTER_LINEAR)
    rows, columns = np.nonzero(frame > 127)
    found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(geometry.to_frame([[70, 40, 110, 60]])[0], found, atol=1)


@given(geometry=geometries(), seed=st.integers(0, 9))
def test_masks_against_a_loop_over_pixels(geometry: FrameGeometry, seed: int) -> None:
    g = geometry
    mask = np.random.default_rng(seed).random((g.source_height, g.source_width)) < 0.5
    frame = g.mask_to_frame(mask, (64, 64))
    for row, column in np.random.default_rng(seed + 1).integers(0, 64, (40, 2)):
        x, y = np.floor(g.to_source([[column + 0.5, row + 0.5]])[0]).astype(int)
        inside = g.crop_x <= x < g.crop_x + g.crop_w and g.crop_y <= y < g.crop_y + g.crop_h
        assert frame[row, column] == (inside and mask[y, x])
    back = g.mask_to_source(frame)
    assert back.shape == mask.shape
    outside = np.ones_like(mask)
    outside[g.crop_y : g.crop_y + g.crop_h, g.crop_x : g.crop_x + g.crop_w] = False
    assert not back[outside].any()
    for row, column in np.random.default_rng(seed + 2).integers(0, mask.shape, (40, 2)):
        x, y = np.floor(g.to_frame([[column + 0.5, row + 0.5]])[0]).astype(int)
        inside = not outside[row, column] and 0 <= x < 64 and 0 <= y < 64
        assert back[row, column] == (inside and frame[y, x])


def test_a_disc_comes_back() -> None:
    y, x = np.mgrid[:120, :150] + 0.5
    disc = np.hypot(x - 80, y - 60) < 30
    geometry = FrameGeometry(120, 150, 30, 10, 100, 100, 0.64, 0, 0)
    back = geometry.mask_to_source(geometry.mask_to_frame(disc, (64, 64)))
    assert (back & disc).sum() / (back | disc).sum() > 0.95


def test_from_a_catalog_row(make_cohort: Callable[..., Cohort]) -> None:
    geometry = FrameGeometry.of_row(make_cohort(3).catalog().row(0, named=True))
    assert (geometry.crop_x, geometry.crop_y, geometry.scale) == (10, 20, 0.05)
    assert geometry.frame_mm_per_pixel is None


SHAPES = st.sampled_from([(32, 32), (64, 96), (120, 48)])


@given(width=st.integers(1, 900), height=st.integers(1, 900), frame=SHAPES)
def test_a_letterboxed_crop_fits_and_is_centred(width: int, height: int, frame: tuple[int, int]) -> None:
    placed = FrameGeometry.around((7, 9, 7 + width, 9 + height), frame, (1000, 1000))
    stored = placed.letterboxed(np.full((height, width), 200, np.uint8), frame)
    rows, columns = np.flatnonzero(stored.any(1)), np.flatnonzero(stored.any(0))
    assert stored.shape == frame
    assert len(rows) == frame[0] or len(columns) == frame[1]
    assert (rows[0], columns[0]) == (placed.pad_y, placed.pad_x)
    assert abs(placed.pad_x - (frame[1] - columns[-1] - 1)) <= 1
    assert abs(placed.pad_y - (frame[0] - rows[-1] - 1)) <= 1
    assert len(rows) == pytest.approx(height * placed.scale, abs=1)


@pytest.mark.parametrize("box", [(100, 50, 500, 350), (0, 0, 90, 200), (10, 20, 40, 60)])
@pytest.mark.parametrize("frame", [(128, 128), (96, 160)])
def test_points_map_to_where_they_are_drawn(box: tuple[int, int, int, int], frame: tuple[int, int]) -> None:
    source = np.zeros((400, 600), np.uint8)
    x, y = (box[0] + box[2]) // 2 - 4, (box[1] + box[3]) // 2 + 6
    source[y - 4 : y + 5, x - 4 : x + 5] = 255
    placed = FrameGeometry.around(box, frame, (400, 600))
    stored = placed.letterboxed(source[box[1] : box[3], box[0] : box[2]], frame).astype(float)
    centre = stored.sum(0) @ np.arange(frame[1]) / stored.sum(), stored.sum(1) @ np.arange(frame[0]) / stored.sum()
    # Centres of pixels: a source pixel's centre lies half a pixel into it, so does a stored one's.
    np.testing.assert_allclose(placed.to_frame([[x + 0.5, y + 0.5]])[0] - 0.5, centre, atol=0.6)


def test_circles_stay_circles() -> None:
    y, x = np.mgrid[0:300, 0:500]
    circle = (np.hypot(x - 250, y - 150) < 100).astype(np.uint8) * 255
    stored = FrameGeometry.around((0, 0, 500, 300), (128, 64), (300, 500)).letterboxed(circle, (128, 64)) > 127
    assert stored.any(1).sum() == pytest.approx(stored.any(0).sum(), abs=1)


def test_the_same_size_is_the_same_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 80), dtype=np.uint8)
    stored = FrameGeometry.around((0, 0, 80, 64), (64, 80), (64, 80)).letterboxed(picture, (64, 80))
    np.testing.assert_array_equal(stored, picture)
