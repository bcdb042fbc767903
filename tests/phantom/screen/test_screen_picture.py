"""The scan in its place on the screen: undistorted, tinted, and where the truth says it is."""

import numpy as np
import pytest

from sonosift.phantom.files.fan_record import fan_record
from sonosift.phantom.paperwork.machine_habits import MACHINE_HABITS
from sonosift.phantom.physics.fan_mask import fan_mask
from sonosift.phantom.physics.geometry import Geometry, ScanShape, place_on_image
from sonosift.phantom.scanning.scanner import SCANNERS
from sonosift.phantom.screen.screen_canvas import Canvas
from sonosift.phantom.screen.screen_picture import Picture, place, tint_table
from sonosift.phantom.screen.screen_styles import SCREEN_STYLES

SHAPES = [
    ScanShape("curvilinear", 55.0, 0.58, 0.0, 150.0),
    ScanShape("linear", 0.0, 0.0, 20.0, 50.0),
    ScanShape("phased", 0.0, 0.75, 0.0, 160.0),
]


def test_every_machine_has_a_screen_and_habits():
    assert [style.name for style in SCREEN_STYLES] == [scanner.name for scanner in SCANNERS]
    assert len(MACHINE_HABITS) == len(SCANNERS)
    for scanner, habits in zip(SCANNERS, MACHINE_HABITS, strict=True):
        assert {probe.kind for probe in scanner.probes} <= set(habits.probes)


@pytest.mark.parametrize("style", SCREEN_STYLES, ids=lambda style: style.name)
def test_layout_lies_on_the_screen(style):
    assert style.width % 2 == 0
    assert style.height % 2 == 0  # video needs it
    for box in (style.area, style.banner_box, style.figures_box, style.grey_bar):
        assert 0 <= box[0] < box[2] <= style.width
        assert 0 <= box[1] < box[3] <= style.height


@pytest.mark.parametrize("style", SCREEN_STYLES, ids=lambda style: style.name)
@pytest.mark.parametrize("columns", [1, 2])
def test_placing_keeps_the_shape_of_the_scan(style, columns):
    for shape in ((300, 400), (500, 200), (64, 64)):
        for column in range(columns):
            placement = place(style, shape, column=column, columns=columns)
            x0, y0, x1, y1 = placement.box
            assert style.area[0] <= x0 < x1 <= style.area[2]
            assert style.area[1] <= y0 < y1 <= style.area[3]
            assert (x1 - x0) == pytest.approx(shape[1] * placement.scale, abs=0.6)
            assert (y1 - y0) == pytest.approx(shape[0] * placement.scale, abs=0.6)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.kind)
@pytest.mark.parametrize("style", SCREEN_STYLES, ids=lambda style: style.name)
def test_the_recorded_fan_is_the_shown_fan(style, shape):
    size = (240, 280)
    geometry, _ = place_on_image(shape, size)
    placement = place(style, size)
    record = fan_record([geometry], [placement])
    record.pop("box")
    drawn = fan_mask(Geometry(**record), (style.height, style.width))
    shown = placement.mask_on(fan_mask(geometry, size), style)
    assert (drawn & shown).sum() / (drawn | shown).sum() > 0.985


def test_two_fans_are_recorded_as_parts():
    geometry, _ = place_on_image(SHAPES[0], (100, 100))
    placements = [place(SCREEN_STYLES[0], (100, 100), column=c, columns=2) for c in (0, 1)]
    record = fan_record([geometry, geometry], placements)
    left, right = record["parts"]
    assert record["kind"] == "dual"
    assert right["apex_x"] - left["apex_x"] == placements[1].box[0] - placements[0].box[0]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_frame_is_the_tinted_scan_under_the_drawing(channels):
    style = SCREEN_STYLES[3]
    scan = np.random.default_rng(1).integers(1, 256, (120, 140), dtype=np.uint8)
    placement = place(style, scan.shape)
    fan = placement.mask_on(np.ones(scan.shape, dtype=bool), style)
    canvas = Canvas(style.height, style.width, channels, fan)
    canvas.text(300, 300, "INSIDE", style.label_font, (255, 255, 255))
    canvas.text(5, 590, "OUTSIDE", style.label_font, (255, 255, 255))
    frame = Picture(style, canvas, [placement]).frame([scan])
    x0, y0, x1, y1 = placement.box
    expected = np.zeros_like(frame)
    grey = placement.enlarged(scan)
    expected[y0:y1, x0:x1] = grey if channels == 1 else tint_table(style)[grey]
    assert (frame == canvas.over(expected)).all()


def test_white_stays_white_under_every_tint():
    for style in SCREEN_STYLES:
        table = tint_table(style)
        assert table[0].tolist() == [0, 0, 0]
        assert table[255].tolist() == [255, 255, 255]
        assert (np.diff(table.astype(int), axis=0) >= 0).all()


def test_boxes_move_with_the_scan():
    style = SCREEN_STYLES[1]
    mask = np.zeros((200, 260), dtype=bool)
    mask[50:90, 30:110] = True
    placement = place(style, mask.shape)
    rows, columns = np.nonzero(placement.mask_on(mask, style))
    box = placement.box_on((30, 50, 110, 90))
    assert box == pytest.approx((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), abs=3)
