"""Letters as coverage masks, from fonts inside the installed libraries: none must be on the system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from sonosift.phantom.paperwork.identities import plain_letters


@dataclass(frozen=True)
class Font:
    """One machine's letters.

    Attributes:
        family: ``smooth`` (anti-aliased sans serif), ``bold``, ``narrow``, ``pixel`` (an old terminal's bitmap) or
            ``plotter`` (the vector letters of OpenCV).
        size: Height of a line in pixels, roughly.
    """

    family: Literal["smooth", "bold", "narrow", "pixel", "plotter"]
    size: int

    def sized(self, size: int) -> Font:
        """Return the same letters at another size."""
        return Font(self.family, size)


@lru_cache(maxsize=4096)
def letters(text: str, font: Font) -> npt.NDArray[np.uint8]:
    """Return the coverage ``[h, w]`` of ``text``, cropped to its ink.

    Accents are folded away first: screens of ultrasound machines rarely have them.
    """
    text = plain_letters(text)
    if font.family == "plotter":
        mask = _plotter(text, font.size)
    elif font.family == "pixel":
        mask = _pixel(text, font.size)
    else:
        mask = _smooth(text, font)
    return _cropped(mask)


def _cropped(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return np.zeros((0, 0), dtype=np.uint8)
    cropped = np.ascontiguousarray(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    cropped.flags.writeable = False  # shared by everyone who asks for the same text
    return cropped


def _smooth(text: str, font: Font) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageDraw, ImageFont

    face = ImageFont.load_default(font.size)
    stroke = max(1, font.size // 24) if font.family == "bold" else 0
    width = int(face.getlength(text)) + 4 * stroke + 8
    image = Image.new("L", (width, 2 * font.size))
    ImageDraw.Draw(image).text((4, font.size // 3), text, font=face, fill=255, stroke_width=stroke)
    if font.family == "narrow":
        image = image.resize((max(1, round(0.82 * width)), image.height), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _pixel(text: str, size: int) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("1", (7 * len(text) + 8, 16))
    ImageDraw.Draw(image).text((1, 1), text, font=ImageFont.load_default_imagefont(), fill=1)
    factor = max(1, round(size / 11))
    mask = np.asarray(image).astype(np.uint8) * 255
    return np.repeat(np.repeat(mask, factor, axis=0), factor, axis=1)


def _plotter(text: str, size: int) -> npt.NDArray[np.uint8]:
    import cv2

    mask = np.zeros((3 * size, (len(text) + 2) * size), dtype=np.uint8)
    cv2.putText(mask, text, (size, 2 * size), cv2.FONT_HERSHEY_SIMPLEX, size / 30, 255, 1, cv2.LINE_AA)
    return mask
