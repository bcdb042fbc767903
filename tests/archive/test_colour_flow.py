import numpy as np

from sonosift.archive.colour_flow import has_colour_flow

SPECKLE = np.random.default_rng(0).integers(10, 200, (120, 160), dtype=np.uint8)
EVERYWHERE = np.ones((120, 160), dtype=bool)


def grey_rgb():
    return np.repeat(SPECKLE[..., None], 3, axis=2)


def test_red_and_blue_flow_is_seen():
    rgb = grey_rgb()
    rgb[40:60, 50:90] = (210, 30, 20)
    rgb[60:70, 50:90] = (20, 40, 220)
    assert has_colour_flow(rgb, EVERYWHERE)


def test_grey_tint_and_a_yellow_mark_are_not_flow():
    assert not has_colour_flow(None, EVERYWHERE)
    assert not has_colour_flow(grey_rgb(), EVERYWHERE)
    sepia = (SPECKLE[..., None] * np.array([1.0, 0.85, 0.6])).astype(np.uint8)
    assert not has_colour_flow(sepia, EVERYWHERE)
    marked = grey_rgb()
    marked[20:24, 30:60] = (255, 255, 0)
    marked[40:44, 30:60] = (240, 190, 30)
    assert not has_colour_flow(marked, EVERYWHERE)


def test_colour_outside_the_fan_does_not_count():
    rgb = grey_rgb()
    rgb[:, :60] = (210, 30, 20)
    mask = EVERYWHERE.copy()
    mask[:, :60] = False
    assert not has_colour_flow(rgb, mask)
    assert has_colour_flow(rgb, EVERYWHERE)


def test_white_tissue_beside_yellow_letters_of_the_same_brightness_is_not_flow():
    rgb = np.minimum(grey_rgb(), 190)
    rgb[20:32, 20:120] = (250, 230, 120)
    rgb[60:66, 60:80] = 215
    assert not has_colour_flow(rgb, EVERYWHERE)
    rgb[70:90, 60:90] = (20, 40, 220)
    assert has_colour_flow(rgb, EVERYWHERE)
