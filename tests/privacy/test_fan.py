"""Fans drawn from closed forms on screens with text: the found mask must be the drawn one."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from sonosift.archive.clip import Region
from sonosift.privacy.fan import TRUSTED, find_fan
from tests.privacy.fan_screens import HEIGHT, SHAPES, WIDTH, overlap, rectangle, screen, sector


@pytest.mark.parametrize("shape", SHAPES)
def test_the_drawn_fan_is_found(shape):
    truth = SHAPES[shape]
    fan = find_fan([screen(truth)])
    assert fan is not None
    assert fan.confidence >= TRUSTED
    assert fan.parts == 1
    assert overlap(fan.mask, truth) > 0.95


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_of_the_text_is_left(shape):
    truth = SHAPES[shape]
    with_text, without = screen(truth), screen(truth, text=False)
    fan = find_fan([with_text])
    assert fan is not None
    written = (with_text != without) & ~truth
    assert not (fan.mask & written).any()


def test_two_pictures_are_two_fans_with_nothing_between():
    truth = sector(160, 150, 30, 260, 0.5) | sector(470, 150, 30, 260, 0.5)
    picture = screen(truth, text=False)
    cv2.putText(picture, "MILLER", (280, 200), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    fan = find_fan([picture])
    assert fan is not None
    assert overlap(fan.mask, truth) > 0.93
    assert fan.parts == 2
    assert not fan.mask[180:205, 280:360].any()


def test_writing_below_the_arc_is_left_out():
    truth = sector()
    picture = screen(truth, text=False)
    cv2.putText(picture, "RT KIDNEY", (275, 434), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    fan = find_fan([picture])
    assert fan is not None
    assert not fan.mask[425:].any()


def test_a_dark_part_belongs_to_the_fan():
    truth = sector()
    picture = screen(truth)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture[(np.hypot(x - 330, y - 250) < 70) & truth] = 0  # a full bladder
    picture[(y > 330) & (x > 360) & truth] = 0  # the shadow of gas, down to the border
    fan = find_fan([picture])
    assert fan is not None
    assert overlap(fan.mask, truth) > 0.93


def test_mirroring_the_screen_mirrors_the_fan():
    truth = SHAPES["beside the middle"]
    plain, mirrored = find_fan([screen(truth)]), find_fan([screen(truth)[:, ::-1].copy()])
    assert plain is not None
    assert mirrored is not None
    assert overlap(plain.mask, mirrored.mask[:, ::-1]) > 0.97


def test_the_box_is_the_box_of_the_mask():
    fan = find_fan([screen(SHAPES["linear"])])
    assert fan is not None
    rows, columns = np.nonzero(fan.mask)
    assert fan.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_a_clip_is_told_from_a_frozen_picture_beside_it():
    alive, frozen = rectangle(20, 60, 300, 400), rectangle(330, 20, 620, 460)
    still = screen(frozen, seed=99, text=False)
    frames = [np.maximum(screen(alive, seed=seed, text=False), still) for seed in range(6)]
    assert all((first != second).any() for first, second in pairwise(frames))
    fan = find_fan(frames)
    assert fan is not None
    assert overlap(fan.mask, alive) > 0.9


def test_regions_limit_the_fan_unless_they_cannot_be_true():
    truth = rectangle(100, 60, 540, 400)
    left = Region(100, 60, 320, 400, data_type=1, mm_per_pixel=None)
    halved = find_fan([screen(truth)], [left])
    assert halved is not None
    assert overlap(halved.mask, rectangle(100, 60, 320, 400)) > 0.95
    impossible = Region(100, 60, 3200, 400, data_type=1, mm_per_pixel=None)
    whole = find_fan([screen(truth)], [impossible])
    assert whole is not None
    assert overlap(whole.mask, truth) > 0.95


@pytest.mark.parametrize(
    "lie",
    [
        Region(600, 0, 640, 480, data_type=1, mm_per_pixel=None),  # a strip beside the picture
        Region(0, 410, 200, 480, data_type=1, mm_per_pixel=None),  # a corner where nothing is shown
        Region(300, 200, 330, 220, data_type=1, mm_per_pixel=None),  # much too small
        Region(100, 60, 100, 400, data_type=1, mm_per_pixel=None),  # empty
        Region(100, 60, 540, 400, data_type=3, mm_per_pixel=None),  # a curve, not tissue
    ],
)
def test_a_region_that_lies_changes_nothing(lie):
    truth = rectangle(120, 60, 540, 400)
    plain, lied_to = find_fan([screen(truth)]), find_fan([screen(truth)], [lie])
    assert plain is not None
    assert lied_to is not None
    assert (plain.mask == lied_to.mask).all()


@pytest.mark.parametrize("side", [-1, 1])
def test_a_side_in_shadow_is_brought_back_by_the_other_side(side):
    truth = SHAPES["curvilinear"]
    picture = screen(truth, text=False)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    shadow = (np.arctan2(side * (x - 320.0), y + 30.0) > 0.38) & (y > 90)
    picture[shadow] = 0
    fan = find_fan([picture])
    assert fan is not None
    assert overlap(fan.mask, truth) > 0.95
    # A name where the shadow is may stand beside the picture: the shadow is then left out, and the fan less sure.
    for line in range(3):
        cv2.putText(picture, "ANNA", (488 if side > 0 else 96, 330 + 22 * line), 0, 0.6, 255, 1)
    doubtful = find_fan([picture])
    assert doubtful is not None
    assert not (doubtful.mask & shadow & (picture == 255)).any()
    assert doubtful.confidence < fan.confidence


@pytest.mark.parametrize("side", [-1, 1])
def test_a_straight_end_at_one_side_is_a_shadow_only_where_grain_goes_on_beyond_it(side):
    truth = SHAPES["curvilinear"]
    x = np.arange(WIDTH)
    beyond = side * (x - 320) > 110
    whole = screen(truth, text=False)
    ended = np.where(beyond, 0, whole).astype(np.uint8)
    faint = np.where(beyond, whole // 16, whole).astype(np.uint8)  # 0 to 15, mostly as black as the screen
    written = ended.copy()
    for line in range(5):
        cv2.putText(written, "ANNA 1960", (440 if side > 0 else 60, 250 + 24 * line), 0, 0.6, 255, 1)
    by_window, by_shadow, by_writing = (find_fan([picture]) for picture in (ended, faint, written))
    assert by_window is not None
    assert by_shadow is not None
    assert by_writing is not None
    assert overlap(by_window.mask, truth & ~beyond) > 0.95
    assert overlap(by_shadow.mask, truth) > 0.95
    assert not (by_writing.mask & beyond & (written == 255)).any()
    # Nobody can tell a black shadow from the end of a window that the scan lies beside.
    assert by_window.confidence < 0.9 < find_fan([whole]).confidence


def test_a_dark_band_from_side_to_side_does_not_make_two_pictures():
    truth = sector()
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    radius = np.hypot(x - 320, y - 20)
    fan = find_fan([np.where((radius > 190) & (radius < 250), 0, screen(truth)).astype(np.uint8)])
    assert fan is not None
    assert fan.parts == 1
    assert overlap(fan.mask, truth) > 0.95


@pytest.mark.parametrize("shape", ["curvilinear", "phased", "linear"])
def test_a_lower_half_that_only_faint_grain_shows_belongs_to_the_fan(shape):
    truth = SHAPES[shape]
    y = np.arange(HEIGHT)[:, None]
    whole = screen(truth)
    specks = np.random.default_rng(1).random(truth.shape) < 0.06
    faint = np.where(specks, np.minimum(whole, 9), 0)  # what a low gain leaves: some specks, hardly above black
    fan = find_fan([np.where(truth & (y > 250), faint, whole).astype(np.uint8)])
    assert fan is not None
    assert overlap(fan.mask, truth) > 0.95
    assert fan.confidence >= TRUSTED


def test_a_fan_below_which_much_more_is_shown_is_not_trusted():
    truth = sector()
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    cut_off = np.where(y < 200, screen(truth, text=False), 0)
    alone = find_fan([cut_off.astype(np.uint8)])
    box = (np.abs(x - 320) < 60) & (y > 260) & (y < 370)
    cut_off[box & (x // 6 % 2 == 0) & (y // 6 % 2 == 0)] = 90  # flow in a box, on black
    doubtful = find_fan([cut_off.astype(np.uint8)])
    assert alone is not None
    assert doubtful is not None
    assert overlap(doubtful.mask, truth) > 0.95 or doubtful.confidence < TRUSTED <= alone.confidence


def test_a_heart_trace_below_the_arc_is_left_out():
    truth = sector()
    picture = screen(truth, text=False)
    columns = np.arange(60, 580)
    rows = 428 - 14 * (np.abs((columns % 90) - 45) < 4)
    cv2.polylines(picture, [np.stack([columns, rows], axis=1).astype(np.int32)], False, 160, 1)
    fan = find_fan([picture])
    assert fan is not None
    assert overlap(fan.mask, truth) > 0.95
    assert not fan.mask[425:].any()


def test_on_a_grey_screen_the_picture_ends_at_its_edge():
    truth = SHAPES["beside the middle"]
    picture = np.where(truth, screen(truth, text=False), 11).astype(np.uint8)
    picture[150:300, 340:460][truth[150:300, 340:460]] = 0  # darker than the screen itself
    fan = find_fan([picture])
    assert fan is not None
    assert overlap(fan.mask, truth) > 0.95


def test_text_pages_drawings_and_darkness_are_not_trusted():
    page = np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)
    dark_page = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for line in range(18):
        for sheet, ink in ((page, 0), (dark_page, 230)):
            cv2.putText(sheet, f"Finding {line}: normal 12.{line} mm", (40, 40 + 24 * line), 0, 0.6, ink, 1)
    bars = np.repeat(np.linspace(0, 255, 8).astype(np.uint8), WIDTH // 8)[None].repeat(HEIGHT, 0)
    black = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for picture in (page, dark_page, np.ascontiguousarray(bars), black):
        fan = find_fan([picture])
        assert fan is None or fan.confidence < TRUSTED


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (3, 900), (700, 5), (64, 64), (240, 321)])
@pytest.mark.parametrize("kind", ["noise", "white", "one lit pixel", "steps", "sparse"])
def test_odd_pictures_never_break_it_and_a_fan_lies_in_the_picture(shape, kind):
    rng = np.random.default_rng(0)
    picture = np.zeros(shape, dtype=np.uint8)
    if kind == "noise":
        picture = rng.integers(0, 256, shape, dtype=np.uint8)
    elif kind == "white":
        picture[:] = 255
    elif kind == "one lit pixel":
        picture[-1, -1] = 200
    elif kind == "steps":
        picture[:] = (np.arange(shape[1]) // 3 * 7 % 256).astype(np.uint8)
    else:
        picture[rng.random(shape) < 0.1] = 180
    for frames in ([picture], [picture, np.roll(picture, 1, axis=1)]):
        fan = find_fan(frames)
        if fan is not None:
            assert fan.mask.shape == shape
            assert fan.mask.any()
            assert 0.0 <= fan.confidence <= 1.0
            x0, y0, x1, y1 = fan.box
            assert 0 <= x0 < x1 <= shape[1]
            assert 0 <= y0 < y1 <= shape[0]
