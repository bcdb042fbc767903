"""Colour flow is a display of blood, not something drawn over the picture: where it is, and pictures without its edges.

In grey its edges look like strokes, so that a power Doppler picture would be taken for a page of writing. Whoever looks
for writing is therefore shown pictures in which flow is smoothed over. White letters on flow are no flow and stay as
they are; flow on which letters in colour can be read is not smoothed over at all.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.clip import Image
from sonosift.archive.picture_sequence import PictureSequence
from sonosift.privacy.still_marks import darkest
from sonosift.privacy.text_reader import find_text, read_line

Mask = NDArray[np.bool_]

_COLOURFUL = 60
_PALE = 120
"""The least of red, green and blue in flow's brightest colours: letters, though a codec tints them, have more."""
_CORE = 5
_JOINED = 9
_ONE_HUE = 0.975
"""Length of the mean of all hues as arrows on the circle of colours. A letter has one hue in many shades; flow goes
from red to yellow, from blue to green, or both ways. Slow flow away from the probe may be all blue: then it is told by
being wider than any stroke, and by its many shades, which a coloured mark has not."""
_WIDER_THAN_STROKES, _MANY_SHADES = 25, 12.0
_SMALLEST_CORE = 60
_SMOOTH = 6.0
_LOOKS, _FEWEST_LETTERS = 6, 2
_LEAST_BOX, _MOST_FILLED = 0.25, 0.35


def flow_in(rgb: Image | None, mask: Mask) -> Mask | None:
    """Return where a picture shows flow within the fan; None where it shows none."""
    if rgb is None:
        return None
    largest, least = rgb.max(axis=2), rgb.min(axis=2)
    colourful = (cv2.subtract(largest, least) > _COLOURFUL) & (least < _PALE) & mask
    core = _of_many_hues(cv2.morphologyEx(colourful.astype(np.uint8), cv2.MORPH_OPEN, _square(_CORE)), rgb)
    if not core.any():
        return None
    near = cv2.dilate(core, _square(2 * _JOINED + 1)) > 0
    return np.asarray(colourful & near, dtype=np.bool_)


def _of_many_hues(core: cv2.typing.MatLike, rgb: Image) -> NDArray[np.uint8]:
    """Leave out the parts of the core that are of one hue, unless they are broad and of many shades."""
    kept = np.zeros(core.shape, dtype=np.uint8)
    if not core.any():
        return kept
    count, names, facts, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(core), connectivity=8)
    for number in range(1, count):
        x, y, width, height, size = facts[number]
        if size < _SMALLEST_CORE:
            continue
        inside = np.s_[y : y + height, x : x + width]
        part = names[inside] == number
        hues = cv2.cvtColor(rgb[inside], cv2.COLOR_RGB2HSV_FULL)
        angles = np.exp(2j * np.pi * hues[part][:, 0] / 256)
        if abs(angles.mean()) < _ONE_HUE or _is_broad_and_shaded(part, np.asarray(hues[..., 2], dtype=np.uint8)):
            kept[inside] |= part
    return kept


def _is_broad_and_shaded(part: Mask, values: NDArray[np.uint8]) -> bool:
    """Say whether a part is wider than any stroke somewhere, and of many shades there, away from its edge."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_WIDER_THAN_STROKES, _WIDER_THAN_STROKES))
    deep = cv2.erode(part.astype(np.uint8), disc, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    return bool(deep.any() and values[deep].std() > _MANY_SHADES)


def without_box_outline(marks: Mask) -> Mask:
    """Return marks without the outline of a colour box: as large as no word is in both directions, and hollow."""
    kept = marks.copy()
    height, width = marks.shape
    count, names, facts, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8), connectivity=8)
    for number in range(1, count):
        x, y, wide, high, size = facts[number]
        if wide > _LEAST_BOX * width and high > _LEAST_BOX * height and size < _MOST_FILLED * wide * high:
            kept[y : y + high, x : x + wide] &= names[y : y + high, x : x + wide] != number
    return kept


def _square(side: int) -> NDArray[np.uint8]:
    return np.ones((side, side), dtype=np.uint8)


class FlowMasks:
    """Where each frame of a clip shows flow, packed: a long clip has many."""

    def __init__(self) -> None:
        self._packed: dict[int, bytes] = {}
        self._shape = (0, 0)
        self._count = 0

    def append(self, flow: Mask | None) -> None:
        """Note the next frame."""
        if flow is not None:
            self._shape = (flow.shape[0], flow.shape[1])
            self._packed[self._count] = zlib.compress(np.packbits(flow).tobytes(), 1)
        self._count += 1

    def __bool__(self) -> bool:
        """Say whether any frame shows flow."""
        return bool(self._packed)

    def at(self, position: int) -> Mask | None:
        """Return where a frame shows flow; None where it shows none."""
        if position not in self._packed:
            return None
        bits = np.frombuffer(zlib.decompress(self._packed[position]), dtype=np.uint8)
        return np.unpackbits(bits, count=self._shape[0] * self._shape[1]).reshape(self._shape).astype(np.bool_)


class WithoutFlow(PictureSequence):
    """Grey pictures of a clip in which flow has no edges of its own.

    Args:
        pictures: As they are.
        flow: Where each of them shows flow.
        written: Where they are left as they are nevertheless.
    """

    def __init__(self, pictures: Sequence[Image], flow: FlowMasks, written: Mask | None = None) -> None:
        self._pictures, self._flow, self._written = pictures, flow, written

    def __len__(self) -> int:
        return len(self._pictures)

    def picture(self, position: int) -> Image:
        """Return a picture with its flow smoothed over."""
        picture, flow = self._pictures[position], self._flow.at(position)
        if flow is None:
            return picture
        if self._written is not None:
            flow &= ~self._written
        return np.where(flow, cv2.GaussianBlur(picture, (0, 0), _SMOOTH), picture).astype(np.uint8)


def flow_with_words(pictures: Sequence[Image], flow: FlowMasks, mask: Mask) -> Mask:
    """Return the flow on which words can be read, in what stays over the clip or in some of its frames."""
    found = np.zeros(mask.shape, dtype=bool)
    looks = sorted({round(place) for place in np.linspace(0, len(pictures) - 1, _LOOKS)})
    still = darkest(pictures) if len(pictures) > 1 else None
    for picture, shown in [(still, flow.at(looks[0])), *((pictures[at], flow.at(at)) for at in looks)]:
        if picture is None or shown is None:
            continue
        _, areas = cv2.connectedComponents(cv2.dilate(shown.astype(np.uint8), _square(2 * _JOINED + 1)))
        for box in find_text(picture, mask):
            inside = np.s_[box[1] : box[3], box[0] : box[2]]
            touched = np.setdiff1d(areas[inside], [0])
            if len(touched) and sum(letter.isalnum() for letter in read_line(picture, box)[0]) >= _FEWEST_LETTERS:
                found[inside] = True
                found |= np.isin(areas, touched)
    return found
