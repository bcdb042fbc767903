import numpy as np
import pytest

from sonosift.phantom.physics.fan_mask import fan_mask, polar_position
from sonosift.phantom.physics.geometry import Geometry, ScanShape, area_in_picture, place_on_image
from sonosift.phantom.physics.scan_conversion import scan_converter

SHAPES = {
    "curvilinear": ScanShape("curvilinear", 55.0, np.deg2rad(33), 0.0, 150.0),
    "phased": ScanShape("phased", 0.0, np.deg2rad(42), 0.0, 160.0),
    "linear": ScanShape("linear", 0.0, 0.0, 20.0, 40.0),
}


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("size", [(256, 256), (300, 500)])
def test_the_mask_has_the_area_of_the_sector(kind, size):
    shape = SHAPES[kind]
    geometry, mm = place_on_image(shape, size)
    if kind == "linear":
        expected = 2 * shape.half_width_mm * shape.depth_mm
    else:
        outer = shape.radius_mm + shape.depth_mm
        expected = shape.half_angle * (outer**2 - shape.radius_mm**2)
    assert fan_mask(geometry, size).sum() * mm**2 == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("kind", SHAPES)
def test_the_fan_fits_and_touches_its_share_of_the_image(kind):
    mask = fan_mask(place_on_image(SHAPES[kind], (240, 320), fill=0.9)[0], (240, 320))
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    assert max(width / 320, height / 240) == pytest.approx(0.9, abs=0.02)
    assert not mask[0].any()
    assert not mask[-1].any()


@pytest.mark.parametrize("kind", SHAPES)
def test_scan_conversion_puts_each_depth_where_it_belongs(kind):
    shape, size = SHAPES[kind], (256, 256)
    geometry, mm = place_on_image(shape, size)
    rows, lines = 200, 100
    ramp = np.repeat(np.arange(rows, dtype=np.uint8)[:, None], lines, axis=1)
    image = scan_converter(geometry, size, rows, lines).grey(ramp).astype(float)
    row_pixels, column_pixels = np.mgrid[0:256, 0:256]
    if kind == "linear":
        depth_mm = (row_pixels - geometry.apex_y) * mm
    else:
        reach = np.hypot(row_pixels - geometry.apex_y, column_pixels - geometry.apex_x) * mm
        depth_mm = reach - shape.radius_mm
    inner = fan_mask(geometry, size) & (depth_mm > 3) & (depth_mm < shape.depth_mm - 3)
    expected = depth_mm / shape.depth_mm * rows - 0.5
    assert np.abs(image - expected)[inner].max() < 1.1
    assert (image[~fan_mask(geometry, size)] == 0).all()


def test_zooming_in_shows_less_and_panning_moves_it():
    shape, size, grid = SHAPES["curvilinear"], (200, 240), (60, 50)
    shown = []
    for fill, pan in ((0.9, (0.0, 0.0)), (1.5, (0.0, 0.0)), (1.5, (0.8, 0.0))):
        geometry, mm = place_on_image(shape, size, fill, pan)
        shown.append(area_in_picture(shape, geometry, mm, size, grid))
        # The cells that are shown add up to the part of the fan that is on the image.
        share = shown[-1].sum() / shown[0].sum()
        on_image = fan_mask(geometry, size).sum() * mm**2
        whole = shape.half_angle * ((shape.radius_mm + shape.depth_mm) ** 2 - shape.radius_mm**2)
        assert share == pytest.approx(on_image / whole, abs=0.03)
    assert (shown[0] > 0).all()
    assert (shown[1] > 0).mean() < 0.9
    left, right = (shown[2][:, :25] > 0).sum(), (shown[2][:, 25:] > 0).sum()
    assert left > right  # the scan was moved to the right, so its right edge is cut off


def test_codes_are_never_mixed():
    geometry, _ = place_on_image(SHAPES["curvilinear"], (128, 128))
    codes = np.random.default_rng(0).choice(np.array([3, 200], np.uint8), (80, 60))
    image = scan_converter(geometry, (128, 128), 80, 60).codes(codes, outside=255)
    assert set(np.unique(image)) == {3, 200, 255}


def test_moving_a_geometry_moves_its_mask():
    geometry, _ = place_on_image(SHAPES["curvilinear"], (100, 100))
    moved = fan_mask(geometry.moved(30, 20), (150, 160))
    np.testing.assert_array_equal(moved[20:120, 30:130], fan_mask(geometry, (100, 100)))
    assert moved.sum() == fan_mask(geometry, (100, 100)).sum()


def test_a_geometry_survives_json():
    geometry, _ = place_on_image(SHAPES["phased"], (64, 64))
    assert Geometry(**geometry.as_dict()) == geometry


def test_line_spacing_is_the_arc_between_lines():
    shape = SHAPES["curvilinear"]
    across, along = shape.samples(50, 40)
    step = np.hypot(np.diff(across, axis=1), np.diff(along, axis=1))
    np.testing.assert_allclose(step[:, 0], shape.line_spacing(50, 40), rtol=1e-3)


def test_polar_position_of_the_corners():
    geometry, _ = place_on_image(SHAPES["linear"], (101, 101))
    depth, steering = polar_position(geometry, (101, 101))
    row, column = round(geometry.apex_y), round(geometry.apex_x + geometry.half_width)
    assert depth[row, column] == pytest.approx(0, abs=0.02)
    assert steering[row, column] == pytest.approx(1, abs=0.02)
