"""A skull is as bright and as thin as a drawn line; it stays, and drawn lines and words go."""

import cv2
import numpy as np
import pytest

from sonosift.privacy.clip_cleaner import ClipCleaner
from sonosift.privacy.stroke_marks import find_strokes

HEIGHT, WIDTH = 270, 390
INSIDE = np.ones((HEIGHT, WIDTH), dtype=bool)


def tissue():
    speckle = np.random.default_rng(4).rayleigh(32, (HEIGHT, WIDTH)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(speckle, (0, 0), 1.2), 2, 255)


def with_skull(picture, thick=2.0):
    """Draw an ellipse that is brightest where the beam meets it head on, as bone is, and fades across itself."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    away = np.hypot((x - 190) / 100, (y - 135) / 72)
    angle = np.arctan2((y - 135) / 72, (x - 190) / 100)
    across = (away - 1) * 80
    bone = 285 * np.abs(np.sin(angle)) ** 1.2 * np.exp(-((across / thick) ** 2))
    return np.clip(np.maximum(picture, bone), 0, 255).astype(np.uint8), np.abs(across) < thick


def with_drawn_arc(picture, ink=230, thick=2):
    """Draw the lower edge of a colour box, where the skull's is."""
    marks = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(marks, (190, 135), (100, 72), 0, 30, 150, 1, thick)
    picture = picture.astype(np.uint8)
    picture[marks > 0] = ink
    return picture, marks > 0


@pytest.mark.parametrize("thick", [1.5, 2.0, 3.0])
def test_a_skull_is_not_painted_over(thick):
    picture, bone = with_skull(tissue(), thick)
    altered = ClipCleaner().study([picture], INSIDE, picture, (0, 0)).altered(0)
    assert (altered & bone).sum() < 0.05 * bone.sum()


@pytest.mark.parametrize("thick", [1, 2])
@pytest.mark.parametrize("quality", [None, 85])
def test_a_drawn_line_of_its_shape_is(thick, quality):
    picture, marks = with_drawn_arc(tissue(), thick=thick)
    if quality:
        coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        picture = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    altered = ClipCleaner().study([picture], INSIDE, picture, (0, 0)).altered(0)
    assert (altered & marks).sum() > 0.9 * marks.sum()


@pytest.mark.parametrize("ink", [150, 200, 250])
def test_letters_that_touch_are_no_reflector(ink):
    picture = tissue().astype(np.uint8)
    letters = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.putText(letters, "MILLER", (120, 140), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1, cv2.LINE_AA)
    letters = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8))
    picture = np.maximum(picture, (letters / 255 * ink).astype(np.uint8))
    strokes = find_strokes(picture, INSIDE)
    assert ((strokes.strong | strokes.weak) & (letters > 160)).sum() > 0.8 * (letters > 160).sum()


def test_a_word_on_the_skull_goes_and_the_skull_stays():
    picture, bone = with_skull(tissue())
    letters = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.putText(letters, "MILLER", (140, 72), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
    picture = np.where(letters > 0, 230, picture).astype(np.uint8)
    altered = ClipCleaner().study([picture], INSIDE, picture, (0, 0)).altered(0)
    assert (altered & (letters > 0)).sum() > 0.9 * (letters > 0).sum()
    below = bone.copy()
    below[:135] = False
    assert (altered & below).sum() < 0.05 * below.sum()
