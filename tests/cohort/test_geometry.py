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
