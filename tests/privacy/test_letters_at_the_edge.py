"""A letter that the fan's edge cuts, as machines mark the probe's side, and words whose letters touch."""

import cv2
import numpy as np
import pytest

from sonosift.privacy.clip_cleaner import ClipCleaner
from sonosift.privacy.inpainting import inpainted
from sonosift.privacy.word_areas import Area
from tests.privacy.speckled_fan import letters, likeness

HEIGHT, WIDTH = 300, 400
X0, Y0 = 80, 60


def fan():
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[Y0:250, X0:360] = True
    return mask


def tissue(seed, brightness=150.0, spread=8.0, mask=None):
    """Smooth bright tissue, as a linear probe shows it below the skin."""
    field = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(HEIGHT, WIDTH)), (0, 0), 5)
    return np.where(fan() if mask is None else mask, np.clip(brightness + spread * field / field.std(), 1, 255), 0)


def studied(screen):
    x, y, width, height = cv2.boundingRect(fan().astype(np.uint8))
    box = np.s_[y : y + height, x : x + width]
    crop = np.where(fan(), screen, 0).astype(np.uint8)[box]
    overlay = ClipCleaner().study([crop], fan()[box], screen, (x, y))
    cleaned = np.zeros_like(screen)
    cleaned[box] = overlay.clean(0, crop)
    return cleaned


@pytest.mark.parametrize(("letter", "ink"), [("N", 230), ("G", 235), ("R", 220)])
def test_a_single_letter_across_the_edge_goes(letter, ink):
    coverage = letters(letter, (X0 - 3, Y0 + 9), 0.5, 1)
    ground = tissue(1)
    screen = np.rint(ground * (1 - coverage) + ink * coverage).astype(np.uint8)
    cleaned = studied(screen)
    on_fan = np.where(fan(), coverage, 0.0)
    assert likeness(np.where(fan(), screen - ground, 0), on_fan) > 0.8
    assert likeness(cleaned - np.where(fan(), ground, 0), on_fan) < 0.2
    far = cv2.dilate((coverage > 0).astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
    np.testing.assert_array_equal(cleaned[far & fan()], screen[far & fan()])


def test_tissue_at_the_edge_stays_where_the_outline_is_narrower_than_the_picture():
    shown = cv2.dilate(fan().astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    screen = np.where(shown, tissue(2, mask=shown), 0).astype(np.uint8)
    np.testing.assert_array_equal(studied(screen)[fan()], screen[fan()])


def test_paint_does_not_light_up_a_black_row_at_the_edge():
    picture = np.where(fan(), 140, 0).astype(np.uint8)
    picture[Y0] = 0  # the outline is a row taller than the picture
    marks = np.zeros(picture.shape, dtype=bool)
    marks[Y0 : Y0 + 10, 150:162] = True
    dirty = np.where(marks, 230, picture).astype(np.uint8)
    cleaned = inpainted(dirty, marks, fan())
    assert not cleaned[Y0].any()
    assert 115 <= cleaned[Y0 + 3 : Y0 + 10, 150:162].min() <= cleaned.max() <= 145
    colour = inpainted(np.repeat(dirty[..., None], 3, axis=2), marks, fan())
    assert not colour[Y0].any()


def area(rows):
    strokes = np.array([[mark == "#" for mark in row] for row in rows])
    return Area((0, 0, strokes.shape[1], strokes.shape[0]), strokes, 1, float(strokes.shape[0]), 4.0)


@pytest.mark.parametrize(
    ("rows", "is_word"),
    [
        (["#.#.###.###.#", "#.#.#...#.#.#", "###.###.##..#", "#.#.#...#.#.#", "#############"], True),
        (["#############"] * 5, False),
        (["##.........##", "##.........##", "##.........##", "##.........##", "#############"], False),
        (["#.#.#.#.#.#.#", "#############"], False),
        (["#.#.#", "#.#.#", "#.#.#", "#####", "#.#.#"], False),
    ],
    ids=["letters that touch", "a bar", "two strokes", "two pixels high", "not longer than high"],
)
def test_a_word_whose_letters_touch_has_a_stroke_to_each_of_its_heights(rows, is_word):
    assert area(rows).is_joined_word is is_word
    upside_down = area(rows[::-1])
    assert upside_down.is_joined_word is is_word
