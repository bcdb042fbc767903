"""Text in pictures, found and read with RapidOCR: its models lie in its package, nothing is downloaded or logged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.text_engine import text_engine

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

FINDING_SIDE = 640
"""Longer side of the picture in which text is looked for; finding takes time in proportion to its square."""
_LETTER_HEIGHT = 40
_TALLEST_LINE = 70
_FINDING_SCORE = 0.4
_READ_SCORE = 0.5
_BORDER, _BORDER_SHARE = 2, 0.15


@dataclass(frozen=True)
class Word:
    """A line of text that was read.

    Attributes:
        text: What it says.
        score: How sure the reader is, in [0, 1].
        box: x0, y0, x1, y1 in source pixels, exclusive at the end.
        inside_fan: Whether it lies on the fan, at least in part.
    """

    text: str
    score: float
    box: Box
    inside_fan: bool


def find_text(picture: Image, inside: Mask) -> list[Box]:
    """Return the boxes of what looks like text, at most two pixels wider than it.

    Text larger than 70 pixels is not looked for: the outline of a fan looks like a letter.
    """
    scale = min(1.0, FINDING_SIDE / max(picture.shape))
    ground = _without_outline(picture, inside)
    if scale < 1.0:
        ground = np.asarray(cv2.resize(ground, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if min(ground.shape) < _SMALLEST_SIDE:
        return []
    found = _finder()(ground, use_det=True, use_cls=False, use_rec=False)
    if found.boxes is None:
        return []
    boxes = []
    for corners, score in zip(np.asarray(found.boxes, dtype=np.float64) / scale, found.scores, strict=True):
        sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
        if score >= _FINDING_SCORE and sides.min() <= _TALLEST_LINE:
            boxes.append(_around(corners, picture.shape))
    return sorted(boxes, key=lambda box: (box[1], box[0]))


def read_line(picture: Image, box: Box) -> tuple[str, float]:
    """Read one line of text, level or upright; an empty text where nothing is readable."""
    x0, y0, x1, y1 = _around(np.array([box[:2], box[2:]], dtype=np.float64), picture.shape, _border(box))
    line = np.ascontiguousarray(picture[y0:y1, x0:x1])
    if min(line.shape) < _SMALLEST_LINE:
        return "", 0.0
    if line.shape[0] >= 1.5 * line.shape[1]:
        upright = [read_cut(np.ascontiguousarray(np.rot90(line, turns))) for turns in (1, 3)]
        return max(upright, key=lambda reading: reading[1])
    return read_cut(line)


def read_cut(line: Image) -> tuple[str, float]:
    """Read a level line that was cut out of a picture; an empty text where nothing is readable."""
    if line.shape[0] > _LETTER_HEIGHT:
        scale = _LETTER_HEIGHT / line.shape[0]
        line = np.asarray(cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    read = _reader()(line, use_det=False, use_cls=False, use_rec=True)
    if not read.txts or not read.txts[0].strip() or read.scores[0] < _READ_SCORE:
        return "", 0.0
    return str(read.txts[0]).strip(), float(read.scores[0])


def _border(box: Box) -> int:
    return max(_BORDER, round(_BORDER_SHARE * min(box[2] - box[0], box[3] - box[1])))


def _around(corners: NDArray[np.float64], shape: tuple[int, ...], margin: int = 0) -> Box:
    low, high = np.floor(corners.min(axis=0)) - margin, np.ceil(corners.max(axis=0)) + margin
    return max(0, int(low[0])), max(0, int(low[1])), min(shape[1], int(high[0])), min(shape[0], int(high[1]))


def _without_outline(picture: Image, inside: Mask) -> Image:
    """Go on smoothly beyond the fan: a bright fan on black looks like one large letter."""
    if inside.all():
        return picture
    small = (max(1, picture.shape[1] // _COARSE), max(1, picture.shape[0] // _COARSE))
    weight = cv2.resize(inside.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    shown = np.where(inside, picture, 0).astype(np.float32)
    light = cv2.resize(shown, small, interpolation=cv2.INTER_AREA)
    reach = (max(3, small[0] // 2 | 1), max(3, small[1] // 2 | 1))
    level = cv2.blur(light, reach, borderType=cv2.BORDER_REFLECT) / np.maximum(
        cv2.blur(weight, reach, borderType=cv2.BORDER_REFLECT), _LEAST_WEIGHT
    )
    beyond = cv2.resize(level, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.where(inside, picture, np.clip(beyond, 0, 255)).astype(np.uint8)


# One thread each: a child has one core, and a pool of threads has memory of its own.
@cache
def _finder() -> Any:
    return text_engine(
        {
            "Det.thresh": 0.2,
            "Det.box_thresh": 0.3,
            "Det.limit_type": "max",
            "Det.limit_side_len": FINDING_SIDE,
            "Det.unclip_ratio": 1.3,
        },
        threads=1,
    )


@cache
def _reader() -> Any:
    # Half the usual width to start from: annotations are short, and the time goes with the width.
    settings = {"Rec.rec_img_shape": [3, 48, 160], "Global.use_preprocess_img": False}
    return text_engine(settings, threads=1, finds=False)


_SMALLEST_SIDE = 16
_SMALLEST_LINE = 4
_COARSE = 4
_LEAST_WEIGHT = 1e-3
