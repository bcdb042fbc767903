"""Pages drawn here are told from scans, however dark or compressed."""

import cv2
import numpy as np
import pytest

from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.screen.report_page import draw_report, draw_test_image
from sonosift.phantom.screen.screen_styles import SCREEN_STYLES
from sonosift.privacy.screens_without_scan import shows_no_scan
from tests.phantom.screen.test_overlays import content
from tests.privacy.fan_screens import SHAPES, screen

HEIGHT, WIDTH = 480, 640
INK = (255, 255, 255)


def ground(grey):
    return np.full((HEIGHT, WIDTH, 3), grey, dtype=np.uint8)


def written(picture, ink=INK, lines=14):
    for line in range(lines):
        text = f"Measurement {line}: {1.37 * line:.2f} cm (mean of 3)"
        cv2.putText(picture, text, (30, 40 + 28 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 1, cv2.LINE_AA)
    return picture


def curve():
    picture = written(ground((60, 30, 10)), lines=6)
    points = [[x, int(340 + 90 * np.sin(x / 30) * np.exp(-x / 500))] for x in range(60, 580)]
    cv2.polylines(picture, [np.array(points)], False, (0, 255, 255), 2)
    return picture


def bulls_eye():
    picture = written(ground(0), lines=3)
    for ring in range(6):
        radius = 190 - 28 * ring
        cv2.ellipse(picture, (320, 270), (radius, radius), 0, 0, 360, (40 * ring, 255 - 40 * ring, 80), -1)
    return picture


def ramp():
    picture = ground(0)
    picture[:] = np.linspace(10, 120, HEIGHT)[:, None, None]
    return written(picture)


def colour_bars():
    picture = ground(0)
    for bar in range(7):
        picture[:, bar * WIDTH // 7 : (bar + 1) * WIDTH // 7] = [255 * (bar >> bit & 1) for bit in range(3)]
    return picture


PAGES = {
    "white": lambda: written(ground(255), (0, 0, 0)),
    "black": lambda: written(ground(0)),
    "ramp": ramp,
    "curve": curve,
    "bulls_eye": bulls_eye,
    "colour_bars": colour_bars,
}


def grey(picture):
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)


def compressed(picture, quality):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("quality", [None, 90, 60])
def test_a_page_is_one(page, quality):
    picture = grey(PAGES[page]())
    assert shows_no_scan(picture if quality is None else compressed(picture, quality))


@pytest.mark.parametrize("style", SCREEN_STYLES, ids=lambda style: style.name)
def test_the_pages_of_the_simulated_hospital_are_pages(style):
    rng = np.random.default_rng(6)
    drawn = (draw_report(style, content(), Planted("P00001"), rng)[0], draw_test_image(style, rng)[0])
    for picture in map(grey, drawn):
        for shown in (picture, compressed(picture, 75), cv2.GaussianBlur(picture, (0, 0), 1.0)):
            assert shows_no_scan(shown)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("gain", [1.0, 0.4, 0.15])
def test_a_scan_is_none_however_dark_and_however_much_is_written_beside_it(shape, gain):
    picture = (screen(SHAPES[shape]) * gain).astype(np.uint8)
    cv2.putText(picture, "A. MILLER 1950-02-26", (4, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    assert not shows_no_scan(picture)
    assert not shows_no_scan(compressed(picture, 75))


def test_speckle_as_contrasty_as_letters_is_no_writing():
    speckle = np.random.default_rng(0).choice([10, 90, 180, 250], (HEIGHT, WIDTH)).astype(np.uint8)
    assert not shows_no_scan(speckle)


@pytest.mark.parametrize("enlarged", [1, 2, 3, 4])
@pytest.mark.parametrize("smooth", [cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC])
def test_coarse_speckle_is_no_writing(enlarged, smooth):
    small = np.random.default_rng(7).rayleigh(60, (300 // enlarged, 400 // enlarged)).clip(15, 255).astype(np.uint8)
    scan = cv2.resize(small, None, fx=enlarged, fy=enlarged, interpolation=smooth)
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    picture[60 : 60 + scan.shape[0], 100 : 100 + scan.shape[1]] = scan
    cv2.putText(picture, "A. MILLER 1950-02-26", (4, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    assert not shows_no_scan(picture)
    assert not shows_no_scan(compressed(picture, 75))


def test_a_small_scan_on_a_page_makes_it_none():
    picture = written(ground(0), lines=5)
    speckle = cv2.GaussianBlur(np.random.default_rng(0).normal(90, 60, (150, 180)), (0, 0), 1.5)
    picture[250:400, 200:380] = np.clip(speckle, 0, 255)[..., None]
    assert not shows_no_scan(grey(picture))


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_screen_of_one_grey_may_be_a_scan_of_nothing(level):
    assert not shows_no_scan(grey(ground(level)))


def test_of_a_picture_too_small_to_read_nothing_is_said():
    assert not shows_no_scan(grey(PAGES["black"]())[:120, :200])


@pytest.mark.parametrize("flipped", [0, 1])
def test_a_mirror_changes_nothing(flipped):
    for page in PAGES.values():
        assert shows_no_scan(cv2.flip(grey(page()), flipped))
