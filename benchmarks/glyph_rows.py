"""Writing as screens show it, and what is no writing but looks sharp: for training and measuring the independent check.

The letters come from Pillow's and OpenCV's own fonts, so that the same seed gives the same pictures everywhere.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]
Point = tuple[int, int]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SMALL = _LETTERS.lower()
_DIGITS = "0123456789"
HERSHEY = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)


def random_words(rng: np.random.Generator, *, least: int = 4, most: int = 16) -> str:
    """Return letters and digits as names, numbers and dates have them."""
    kind = rng.integers(5)
    count = int(rng.integers(least, most + 1))
    if kind == 0:
        return "".join(rng.choice(list(_LETTERS), count))
    if kind == 1:
        return str(rng.choice(list(_LETTERS))) + "".join(rng.choice(list(_SMALL), count - 1))
    if kind == 2:
        return "".join(rng.choice(list(_DIGITS), count))
    if kind == 3:
        mark = str(rng.choice(list("./-:")))
        return mark.join("".join(rng.choice(list(_DIGITS), 2)) for _ in range(3))
    text = rng.choice(list(_LETTERS + _DIGITS + " .,/^-"), count)
    text[[0, -1]] = rng.choice(list(_LETTERS), 2)
    return "".join(text)


def written(text: str, height: int, family: int) -> NDArray[np.float32]:
    """Return the coverage in [0, 1] of a text whose capitals are about ``height`` pixels high, cropped to its ink."""
    if family == 0:
        ink = _with_face(text, ImageFont.load_default(max(6, round(height * 1.4))), 0)
    elif family == 1:
        ink = _with_face(text, ImageFont.load_default(max(6, round(height * 1.4))), max(1, height // 12))
    elif family == 2:
        ink = _bitmap(text, height)
    else:
        ink = _hershey(text, height, HERSHEY[(family - 3) % len(HERSHEY)])
    return cropped(ink)


FAMILIES = 6


def cropped(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut away the empty rows and columns around the ink."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        return np.zeros((1, 1), dtype=np.float32)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _with_face(text: str, face: ImageFont.FreeTypeFont, stroke: int) -> NDArray[np.float32]:
    width = int(face.getlength(text)) + 8 * (stroke + 1)
    sheet = Image.new("L", (width, 4 * int(face.size)))
    ImageDraw.Draw(sheet).text((4, int(face.size)), text, font=face, fill=255, stroke_width=stroke)
    return np.asarray(sheet, dtype=np.float32) / 255


def file_font_ink(text: str, height: int, path: str) -> NDArray[np.float32]:
    """Write with a font file of the system: for measuring with letters that were never trained on."""
    return cropped(_with_face(text, _face(path, max(6, round(height * 1.4))), 0))


@lru_cache(maxsize=64)
def _face(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _bitmap(text: str, height: int) -> NDArray[np.float32]:
    sheet = Image.new("1", (7 * len(text) + 8, 16))
    ImageDraw.Draw(sheet).text((1, 1), text, font=ImageFont.load_default_imagefont(), fill=1)
    factor = max(1, round(height / 8))
    return np.asarray(sheet).astype(np.float32).repeat(factor, 0).repeat(factor, 1)


def _hershey(text: str, height: int, font: int) -> NDArray[np.float32]:
    scale = height / 21.0
    thickness = max(1, round(height / 14))
    sheet = np.zeros((4 * height, 8 + int(1.3 * height * (len(text) + 2))), dtype=np.uint8)
    cv2.putText(sheet, text, (4, 2 * height), font, scale, 255, thickness, cv2.LINE_AA)
    return sheet.astype(np.float32) / 255


def lay_over(
    picture: Pixels, ink: NDArray[np.float32], x: int, y: int, rng: np.random.Generator, *, contrast: float = 50.0
) -> tuple[Pixels, Box]:
    """Lay the ink on the picture, mostly bright, at least ``contrast`` from what lies around it."""
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(picture.shape[1], x + ink.shape[1]), min(picture.shape[0], y + ink.shape[0])
    if x1 <= x0 or y1 <= y0:
        return picture, (x0, y0, x0, y0)
    result = picture.astype(np.float32)
    part = result[y0:y1, x0:x1]
    coverage = ink[y0 - y : y1 - y, x0 - x : x1 - x]
    ground = float(part.mean())
    if rng.random() < 0.1:
        ground = float(rng.choice([0.0, 30.0, 60.0, 235.0]))
        result[max(0, y0 - 2) : y1 + 2, max(0, x0 - 3) : x1 + 3] = ground
    elif rng.random() < 0.15:
        # A dark rim keeps white letters readable on bright tissue.
        rim = cv2.dilate(coverage, np.ones((3, 3)))
        part[...] = part * (1 - rim)
    level = grey_of_ink(ground, contrast, rng)
    part = result[y0:y1, x0:x1]
    part[...] = part * (1 - coverage) + level * coverage
    return result.round().astype(np.uint8), (x0, y0, x1, y1)


def lay_pale(picture: Pixels, ink: NDArray[np.float32], x: int, y: int, contrast: float) -> tuple[Pixels, Box]:
    """Lay the ink on in one grey a little above what lies around: its mean, half its spread, and ``contrast``."""
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(picture.shape[1], x + ink.shape[1]), min(picture.shape[0], y + ink.shape[0])
    if x1 <= x0 or y1 <= y0:
        return picture, (x0, y0, x0, y0)
    result = picture.astype(np.float32)
    part = result[y0:y1, x0:x1]
    coverage = ink[y0 - y : y1 - y, x0 - x : x1 - x]
    level = min(250.0, float(part.mean() + 0.5 * part.std()) + contrast)
    part[...] = part * (1 - coverage) + level * coverage
    return result.round().astype(np.uint8), (x0, y0, x1, y1)


def grey_of_ink(ground: float, contrast: float, rng: np.random.Generator) -> float:
    """Draw the grey of letters: white in half of the cases, else a colour's grey, dark where the ground is bright."""
    if ground + contrast > 250 or (ground > 130 and rng.random() < 0.2):
        return float(rng.uniform(0, max(1.0, ground - contrast)))
    if rng.random() < 0.5:
        return float(rng.uniform(max(225.0, min(254.0, ground + contrast)), 255))
    return float(rng.uniform(min(250.0, max(90.0, ground + contrast)), 255))


def draw_sharp_things(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Draw what is sharp and no writing: lines, arcs, caliper crosses, dotted lines, an arrow, frames, depth marks."""
    picture = picture.copy()
    height, width = picture.shape
    grey = int(rng.integers(110, 256))
    kind = int(rng.integers(len(_SHARP_THINGS)))
    first = (int(rng.integers(width)), int(rng.integers(height)))
    second = (int(rng.integers(width)), int(rng.integers(height)))
    _SHARP_THINGS[kind](picture, first, second, grey, rng)
    return picture


def _line(picture: Pixels, first: Point, second: Point, grey: int, rng: np.random.Generator) -> None:
    cv2.line(picture, first, second, grey, int(rng.integers(1, 4)), cv2.LINE_AA)


def _arc(picture: Pixels, first: Point, _second: Point, grey: int, rng: np.random.Generator) -> None:
    radius = int(rng.integers(15, 300))
    angle, width = int(rng.integers(30, 360)), int(rng.integers(1, 4))
    cv2.ellipse(picture, first, (radius, radius), 0, 0, angle, grey, width, cv2.LINE_AA)


def _crosses(picture: Pixels, first: Point, second: Point, grey: int, rng: np.random.Generator) -> None:
    arm = int(rng.integers(3, 8))
    for x, y in (first, second):
        turned = rng.random() < 0.5
        ends = ((arm, arm), (arm, -arm)) if turned else ((arm, 0), (0, arm))
        for right, down in ends:
            cv2.line(picture, (x - right, y - down), (x + right, y + down), grey, 1, cv2.LINE_AA)


def _dotted_line(picture: Pixels, first: Point, second: Point, grey: int, rng: np.random.Generator) -> None:
    count = max(2, int(np.hypot(second[0] - first[0], second[1] - first[1]) / rng.integers(4, 10)))
    side = int(rng.integers(1, 3))
    for share in np.linspace(0, 1, count):
        x, y = (round(first[axis] + share * (second[axis] - first[axis])) for axis in (0, 1))
        picture[y : y + side, x : x + side] = grey


def _arrow(picture: Pixels, first: Point, second: Point, grey: int, _rng: np.random.Generator) -> None:
    cv2.arrowedLine(picture, second, first, grey, 1, cv2.LINE_AA, tipLength=0.2)


def _frame(picture: Pixels, first: Point, second: Point, grey: int, rng: np.random.Generator) -> None:
    corners = np.array([first, (second[0], first[1]), second, (first[0], second[1])], dtype=np.int32)
    corners[2:, 0] += int(rng.integers(-20, 21))
    cv2.polylines(picture, [corners], True, grey, 1, cv2.LINE_AA)


def _depth_marks(picture: Pixels, first: Point, _second: Point, grey: int, rng: np.random.Generator) -> None:
    step = int(rng.integers(12, 50))
    for y in range(first[1] % step, len(picture), step):
        picture[y : y + 2, first[0] : first[0] + int(rng.integers(4, 10))] = grey


_SHARP_THINGS = (_line, _arc, _crosses, _dotted_line, _arrow, _frame, _depth_marks)


def draw_flow(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Draw blood as colour or power Doppler shows it in grey: bright blobs and branches with sharp edges."""
    height, width = picture.shape
    noise = rng.normal(size=(height, width)).astype(np.float32)
    across, along = rng.uniform(1.5, 7.0, 2)
    field = cv2.GaussianBlur(noise, (0, 0), across, sigmaY=along)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(0, 180)), 1.4)
    field = cv2.warpAffine(field, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    blood = field > np.quantile(field, rng.uniform(0.6, 0.97))
    if rng.random() < 0.5:
        step = int(rng.integers(2, 5))
        blood = blood[::step, ::step].repeat(step, 0).repeat(step, 1)[:height, :width]
    level = np.clip(rng.uniform(70, 230) + field / field.std() * rng.uniform(0, 25), 0, 255)
    return np.where(blood, level, picture).astype(np.uint8)


def draw_layers(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Draw layers of skin, pleura or bone: bright lines that bend a little and come and go, thick or thin."""
    height, width = picture.shape
    result = picture.astype(np.float32)
    slope, bend = rng.uniform(-0.5, 0.5), rng.uniform(-0.004, 0.004)
    across = np.arange(width) - width / 2
    grain = cv2.GaussianBlur(rng.normal(size=(height, width)).astype(np.float32), (0, 0), rng.uniform(2, 8), sigmaY=1)
    for _ in range(int(rng.integers(1, 6))):
        middle = rng.uniform(0, height) + slope * across + bend * across**2
        away = (np.arange(height)[:, None] - middle) / rng.uniform(0.8, 4.0)
        shine = np.exp(-0.5 * away**2) * np.clip(1 + rng.uniform(0, 1) * grain / grain.std(), 0, 2)
        result += shine.astype(np.float32) * rng.uniform(30, 160)
    if rng.random() < 0.15:
        result = np.rot90(result)
    return np.clip(result, 0, 255).astype(np.uint8)


def recorded(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Do what recording does to a screen: soften, scale, add noise, compress."""
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 0.8))).astype(np.uint8)
    if rng.random() < 0.2:
        picture = np.clip(picture + rng.normal(0, rng.uniform(1, 5), picture.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(40, 96))
        _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE).astype(np.uint8)
    return picture
