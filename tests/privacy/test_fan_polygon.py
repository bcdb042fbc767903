"""Outlines against masks drawn from closed forms: what is written down must draw the same area again."""

import numpy as np
import pytest

from sonosift.privacy.fan_polygon import mask_of, polygon_of, separate_polygons

HEIGHT, WIDTH = 480, 640
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]


def sector(apex_x=320.0, apex_y=20.0, inner=60.0, outer=400.0, half_angle=0.6):
    radius, angle = np.hypot(X - apex_x, Y - apex_y), np.arctan2(X - apex_x, Y - apex_y)
    return (radius >= inner) & (radius <= outer) & (np.abs(angle) <= half_angle)


SHAPES = {
    "sector": sector(),
    "phased": sector(inner=1.0, half_angle=0.78),
    "off the screen": sector(apex_y=-200.0, inner=210.0, outer=900.0, half_angle=1.2),
    "rectangle": (Y >= 40) & (Y < 300) & (X >= 100) & (X < 500),
    "slanted": (Y >= 40) & (Y < 300) & (X >= 100 + 0.3 * Y) & (X < 400 + 0.3 * Y),
    "two": sector(160, 100, 40, 260, 0.5) | sector(480, 100, 40, 260, 0.5),
    "everything": np.ones((HEIGHT, WIDTH), dtype=bool),
    "small": (Y >= 5) & (Y < 30) & (X >= 5) & (X < 40),
}


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize("name", SHAPES)
def test_the_polygon_draws_the_mask_again(name):
    mask = SHAPES[name]
    polygon = polygon_of(mask)
    assert all(type(number) is int for number in polygon)
    assert overlap(mask_of(polygon, HEIGHT, WIDTH), mask) >= 0.995
    assert len(polygon) < 200


def test_two_pictures_are_two_polygons_with_minus_one_between():
    polygon = polygon_of(SHAPES["two"])
    pairs = list(zip(polygon[::2], polygon[1::2], strict=True))
    assert pairs.count((-1, -1)) == 1
    assert len(list(separate_polygons(polygon))) == 2
    assert len(list(separate_polygons(polygon_of(SHAPES["sector"])))) == 1


def test_a_rectangle_needs_its_four_corners_only():
    corners = np.reshape(polygon_of(SHAPES["rectangle"]), (-1, 2))
    assert {tuple(corner) for corner in corners.tolist()} == {(100, 40), (499, 40), (499, 299), (100, 299)}


def test_moving_the_mask_moves_the_polygon():
    mask = sector(outer=300.0)
    moved = np.roll(mask, (7, -11), axis=(0, 1))
    shifted = np.add(np.reshape(polygon_of(mask), (-1, 2)), (-11, 7))
    assert overlap(mask_of(shifted.ravel().tolist(), HEIGHT, WIDTH), moved) >= 0.995


def test_nothing_has_no_polygon():
    nothing = np.zeros((HEIGHT, WIDTH), dtype=bool)
    assert polygon_of(nothing) == []
    assert not mask_of([], HEIGHT, WIDTH).any()
