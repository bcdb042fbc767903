"""The independent check against writing drawn by hand, and its network against another library's convolution."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from scipy.signal import correlate

from sonosift.privacy.independent_check import OUTSIDE, STILL_WRITING, WRITING, doubt_about
from sonosift.privacy.independent_check_network import LAYERS, flattened, scores, shipped_weights
from tests.privacy import pale_names, speckled_fan

HEIGHT, WIDTH = 360, 480
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
FAN = (np.hypot(X - 240, Y + 60) <= 400) & (np.hypot(X - 240, Y + 60) >= 90) & (np.abs(X - 240) <= 0.62 * (Y + 60))


def tissue(seed, level=60.0):
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(2, HEIGHT, WIDTH)).astype(np.float32)
    echoes = np.hypot(*(cv2.GaussianBlur(part, (0, 0), 2.2, sigmaY=1.1) for part in parts))
    field = cv2.resize(rng.normal(0, 6, (6, 8)).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    grey = level + 4 * (20 * np.log10(echoes / echoes.mean() + 1e-3) + field)
    return np.where(FAN, np.clip(grey, 0, 255), 0).astype(np.uint8)


def written(picture, text, place, *, size=17, ink=255, turns=0):
    face = ImageFont.load_default(size)
    sheet = Pillow.new("L", (int(face.getlength(text)) + 4, 2 * size))
    ImageDraw.Draw(sheet).text((2, size // 3), text, font=face, fill=255)
    cover = np.rot90(np.asarray(sheet), turns) / 255.0
    x, y = place
    result = picture.astype(np.float64)
    part = result[y : y + cover.shape[0], x : x + cover.shape[1]]
    part[...] = part * (1 - cover) + ink * cover
    return np.where(FAN, result, 0).round().astype(np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_tissue_is_not_doubted(seed):
    assert doubt_about([tissue(seed, level=30.0 + 15 * seed)], FAN) is None


@pytest.mark.parametrize(
    ("text", "size", "ink", "turns"),
    [
        ("MILLER, ANNA", 17, 255, 0),
        ("12.03.1960", 12, 220, 0),
        ("0049382", 40, 200, 0),
        ("Sankt Alban", 22, 170, 0),
        ("LIV RT", 17, 255, 1),
        ("Abcd", 14, 250, 3),
    ],
)
def test_a_line_of_writing_is_doubted_where_it_stands(text, size, ink, turns):
    for seed in range(3):
        picture = written(tissue(seed), text, (170, 150), size=size, ink=ink, turns=turns)
        doubt = doubt_about([picture], FAN)
        assert doubt is not None
        assert doubt.code == WRITING
        rows, columns = np.nonzero(picture != tissue(seed))
        x0, y0, x1, y1 = doubt.box
        assert x0 < columns.max() + 8
        assert x1 > columns.min() - 8
        assert y0 < rows.max() + 8
        assert y1 > rows.min() - 8


@pytest.mark.parametrize("turns", [0, 1])
@pytest.mark.parametrize("level", [30.0, 60.0, 90.0])
def test_pale_letters_a_little_above_the_tissue_are_doubted(level, turns):
    for seed in range(3):
        picture = tissue(seed, level=level)
        around = picture[150:290, 170:300]
        ink = around.mean() + 0.5 * around.std() + 35
        pale = written(picture, "WHITE KATHE 5279", (170, 150), size=20, ink=ink, turns=turns)
        doubt = doubt_about([pale], FAN)
        assert doubt is not None
        assert doubt.code == WRITING


@pytest.mark.parametrize("turn", [0, 20, 90, 180, 270])
@pytest.mark.parametrize("length", [1, 5])
def test_a_small_pale_name_is_doubted_in_any_direction(turn, length):
    coverage, inside = pale_names.coverage_of(pale_names.NAME, turn, 12), speckled_fan.fan()
    for seed in range(3):
        clip = [pale_names.tissue(seed + 10 * frame) for frame in range(length)]
        assert doubt_about(clip, inside) is None
        doubt = doubt_about([pale_names.pale(picture, coverage) for picture in clip], inside)
        assert doubt is not None
        assert doubt.code in (WRITING, STILL_WRITING)


@pytest.mark.parametrize("cut", range(8))
def test_where_the_picture_ends_within_a_cell_nothing_is_doubted(cut):
    height, width = HEIGHT - cut, WIDTH - (3 * cut) % 8
    assert doubt_about([tissue(cut)[:height, :width]], FAN[:height, :width]) is None
    assert doubt_about([tissue(cut)[60:200, 200 : 280 - cut]], FAN[60:200, 200 : 280 - cut]) is None


def test_a_narrow_strip_is_looked_at_too():
    strip = np.full((20, 300), 60, dtype=np.uint8)
    inside = np.ones(strip.shape, dtype=bool)
    assert doubt_about([strip], inside) is None
    cv2.putText(strip, "MILLER ANNA", (60, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
    assert doubt_about([strip], inside) is not None
    assert doubt_about([strip[:1, :1]], inside[:1, :1]) is None


def test_dark_letters_on_bright_tissue_are_doubted():
    assert doubt_about([written(tissue(1, level=170.0), "MILLER ANNA", (170, 150), ink=0)], FAN) is not None


def test_calipers_lines_and_arcs_are_no_writing():
    picture = tissue(4)
    for x, y in ((180, 150), (300, 230)):
        cv2.line(picture, (x - 5, y), (x + 5, y), 255, 1)
        cv2.line(picture, (x, y - 5), (x, y + 5), 255, 1)
    cv2.ellipse(picture, (240, 200), (90, 60), 20, 0, 200, 230, 2, cv2.LINE_AA)
    cv2.line(picture, (200, 100), (300, 120), 240, 1, cv2.LINE_AA)
    assert doubt_about([np.where(FAN, picture, 0).astype(np.uint8)], FAN) is None


def test_a_pixel_outside_the_fan_is_doubted():
    clip = [tissue(0), tissue(1)]
    clip[1][5, 7] = 9
    doubt = doubt_about(clip, FAN)
    assert doubt is not None
    assert (doubt.code, doubt.position, doubt.box, doubt.score) == (OUTSIDE, 1, (7, 5, 8, 6), 1.0)


@pytest.mark.parametrize("length", [1, 2, 5, 23])
def test_writing_in_one_frame_of_a_clip_is_found(length):
    clip = [tissue(seed) for seed in range(length)]
    at = (2 * length) // 3
    assert doubt_about(clip, FAN) is None
    clip[at] = written(clip[at], "MILLER, ANNA", (160, 180))
    doubt = doubt_about(clip, FAN)
    assert doubt is not None
    assert doubt.position <= at


def test_faint_writing_that_stays_still_is_found_in_a_living_picture():
    faint = {"ink": 105, "size": 17}
    clip = [written(tissue(seed), "MILLER, ANNA", (160, 180), **faint) for seed in range(12)]
    doubt = doubt_about(clip, FAN)
    assert doubt is not None
    assert doubt.code == STILL_WRITING
    moving = [written(tissue(seed), "MILLER, ANNA", (100 + 9 * seed, 150 + 7 * seed), **faint) for seed in range(12)]
    found = doubt_about(moving, FAN)
    assert found is None or found.code != STILL_WRITING


def test_frames_are_read_once_and_in_order():
    class Spool(list):
        def __init__(self, frames):
            super().__init__(frames)
            self.read = []

        def __getitem__(self, position):
            self.read.append(position)
            return super().__getitem__(position)

    spool = Spool(tissue(seed) for seed in range(9))
    doubt_about(spool, FAN)
    assert spool.read == list(range(9))


def test_the_network_is_the_convolution_that_another_library_computes():
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, (61, 83), dtype=np.uint8)
    # Whole cells: 61 x 83 pixels are filled up to 64 x 88 with nothing.
    values = np.zeros((1, 64, 88))
    values[0, :61, :83] = flattened(picture)
    for index, (layer, (kernel, bias)) in enumerate(zip(LAYERS, shipped_weights(), strict=True)):
        margin = layer.side // 2
        padded = np.pad(values, ((0, 0), (margin, margin), (margin, margin)))
        values = np.stack(
            [
                sum(correlate(plane, part, mode="valid") for plane, part in zip(padded, out, strict=True)) + offset
                for out, offset in zip(kernel.astype(np.float64), bias, strict=True)
            ]
        )[:, :: layer.stride, :: layer.stride]
        if index < len(LAYERS) - 1:
            values = np.maximum(values, 0)
    np.testing.assert_allclose(scores(picture), values[0], rtol=1e-4, atol=1e-4)


def test_brightness_alone_changes_nothing():
    picture = np.random.default_rng(5).integers(40, 160, (64, 64), dtype=np.uint8)
    np.testing.assert_allclose(scores(picture)[2:-2, 2:-2], scores(picture + 60)[2:-2, 2:-2], atol=0.05)


def test_the_check_loads_nothing_of_the_cleaner():
    script = (
        "import sys, sonosift.privacy.independent_check\n"
        "print(*sorted(name for name in sys.modules if name.startswith('sonosift.privacy.')))\n"
        "print(*(name for name in ('rapidocr', 'onnxruntime', 'torch') if name in sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    ours, heavy = printed.split("\n")[:2]
    assert ours.split() == ["sonosift.privacy.independent_check", "sonosift.privacy.independent_check_network"]
    assert heavy == ""
