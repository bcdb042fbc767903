import numpy as np

from sonosift.archive.colour_flow import NO_COLOUR, red_and_blue

SPECKLE = np.random.default_rng(0).integers(10, 200, (120, 160), dtype=np.uint8)
EVERYWHERE = np.ones((120, 160), dtype=bool)


def has_colour_flow(rgb, mask, written=None):
    return red_and_blue(rgb, mask).is_flow(written)


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


def test_coloured_letters_are_no_flow_once_they_are_known_to_be_writing():
    rgb = grey_rgb()
    rgb[20:32, 20:120] = (220, 20, 30)
    written = np.zeros((120, 160), dtype=bool)
    written[20:32, 20:120] = True
    assert has_colour_flow(rgb, EVERYWHERE)
    assert not has_colour_flow(rgb, EVERYWHERE, written)
    rgb[70:90, 60:90] = (20, 40, 220)
    assert has_colour_flow(rgb, EVERYWHERE, written)


def test_places_are_those_that_brute_force_finds_on_the_grid():
    rgb = np.repeat(np.full((600, 800), 90, np.uint8)[..., None], 3, axis=2)
    rgb[100:220, 300:420] = (210, 30, 20)
    mask = np.ones((600, 800), dtype=bool)
    mask[:, :360] = False
    noted = red_and_blue(rgb, mask)
    height, width = mask[:: noted.step, :: noted.step].shape
    rows, columns = np.divmod(noted.places, width)
    expected = {
        (row, column)
        for row in range(height)
        for column in range(width)
        if 100 <= row * noted.step < 220 and 360 <= column * noted.step < 420
    }
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected
    assert noted.inside == mask[:: noted.step, :: noted.step].sum()
    assert red_and_blue(rgb, np.zeros_like(mask)) is NO_COLOUR
