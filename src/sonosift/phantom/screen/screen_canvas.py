"""A transparent sheet over the image: what is drawn on it, and a record of every text with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sonosift.phantom.screen.screen_fonts import Font, letters

TextKind = Literal["identity", "label", "machine", "measurement"]
Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class DrawnText:
    """One text on the screen.

    Attributes:
        text: As it was asked for (accents may be folded away in the drawing).
        kind: ``identity`` names somebody or a place or a day; ``label`` is the operator's word for the view.
        box: x0, y0, x1, y1 of its ink, exclusive at the end.
        inside_fan: Whether at least one pixel of its ink lies on the image.
    """

    text: str
    kind: TextKind
    box: tuple[int, int, int, int]
    inside_fan: bool


class Canvas:
    """The overlay of one screen.

    Args:
        height: Rows of the screen.
        width: Columns of the screen.
        channels: 1 for a grey screen, 3 for a coloured one; grey screens show the luminance of a colour.
        fan: ``[height, width]`` where the ultrasound image is.
    """

    def __init__(self, height: int, width: int, channels: int, fan: npt.NDArray[np.bool_]) -> None:
        self.height, self.width, self.channels = height, width, channels
        self.fan = fan
        self.texts: list[DrawnText] = []
        shape = (height, width) if channels == 1 else (height, width, channels)
        # Paint already multiplied by its coverage, so that laying it over an image costs one multiplication.
        self._paint = np.zeros(shape, dtype=np.uint8)
        self._coverage = np.zeros((height, width), dtype=np.uint8)

    def copy(self) -> Canvas:
        """Return a sheet with the same drawing, to be drawn on further."""
        other = Canvas(self.height, self.width, self.channels, self.fan)
        other.texts = list(self.texts)
        other._paint, other._coverage = self._paint.copy(), self._coverage.copy()
        return other

    def cover(self, x: int, y: int, mask: Pixels, colour: Colour) -> tuple[int, int, int, int]:
        """Lay ``mask`` (0-255 coverage) in ``colour`` with its corner at x, y; return the box that was touched."""
        x0, y0 = max(0, x), max(0, y)
        x1, y1 = min(self.width, x + mask.shape[1]), min(self.height, y + mask.shape[0])
        if x1 <= x0 or y1 <= y0:
            return (x0, y0, x0, y0)
        part = mask[y0 - y : y1 - y, x0 - x : x1 - x].astype(np.uint16)
        window = np.s_[y0:y1, x0:x1]
        self._coverage[window] = part + self._coverage[window] * (255 - part) // 255
        weight = part if self.channels == 1 else part[..., None]
        ink = np.uint16(luminance(colour)) if self.channels == 1 else np.array(colour, dtype=np.uint16)
        self._paint[window] = (weight * ink + self._paint[window] * (255 - weight)) // 255
        return (x0, y0, x1, y1)

    def rectangle(self, box: tuple[int, int, int, int], colour: Colour) -> None:
        """Fill a box (exclusive at the end)."""
        mask = np.full((max(0, box[3] - box[1]), max(0, box[2] - box[0])), 255, dtype=np.uint8)
        self.cover(box[0], box[1], mask, colour)

    def patch(self, x: int, y: int, colours: Pixels) -> None:
        """Lay an opaque block of colours ``[h, w, 3]`` with its corner at x, y; it must fit on the screen."""
        window = np.s_[y : y + colours.shape[0], x : x + colours.shape[1]]
        self._coverage[window] = 255
        grey = colours @ np.array([0.299, 0.587, 0.114])
        self._paint[window] = np.rint(grey).astype(np.uint8) if self.channels == 1 else colours

    def lines(self, points: npt.NDArray[np.float64], colour: Colour, *, closed: bool = False, width: int = 1) -> None:
        """Draw a line through ``points`` ([n, 2] x, y), smoothed."""
        import cv2

        low = np.floor(points.min(axis=0)).astype(int) - width - 2
        high = np.ceil(points.max(axis=0)).astype(int) + width + 3
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), dtype=np.uint8)
        cv2.polylines(mask, [np.rint(points - low).astype(np.int32)], closed, 255, width, cv2.LINE_AA)
        self.cover(int(low[0]), int(low[1]), mask, colour)

    def text(
        self,
        x: int,
        y: int,
        text: str,
        font: Font,
        colour: Colour,
        kind: TextKind = "machine",
        *,
        anchor: str = "left",
        upright: bool = False,
    ) -> tuple[int, int, int, int]:
        """Write ``text`` with the top of its ink at y, moved into the screen if it would leave it.

        Args:
            x: Left end, right end or middle of the text, by ``anchor`` (left, right, middle).
            y: Top of the ink.
            text: What to write; an empty one draws and records nothing.
            font: The letters.
            colour: The ink.
            kind: What the text is, for the record.
            anchor: See ``x``.
            upright: Whether the line runs from bottom to top.
        """
        mask = letters(text, font)
        if upright:
            mask = np.rot90(mask)
        height, width = mask.shape
        if not height:
            return (x, y, x, y)
        left = {"left": x, "right": x - width, "middle": x - width // 2}[anchor]
        left = max(0, min(left, self.width - width))
        top = max(0, min(y, self.height - height))
        box = self.cover(left, top, mask, colour)
        ink = mask[: box[3] - box[1], : box[2] - box[0]] > 0
        on_image = bool((self.fan[box[1] : box[3], box[0] : box[2]] & ink).any())
        self.texts.append(DrawnText(text, kind, box, on_image))
        return box

    def is_free(self, box: tuple[int, int, int, int], *, off_image: bool) -> bool:
        """Say whether nothing was drawn in ``box`` yet, and, if asked, no ultrasound image lies there."""
        x0, y0, x1, y1 = box
        if x0 < 0 or y0 < 0 or x1 > self.width or y1 > self.height:
            return False
        if self._coverage[y0:y1, x0:x1].any():
            return False
        return not (off_image and self.fan[y0:y1, x0:x1].any())

    def ink(
        self, box: tuple[int, int, int, int]
    ) -> tuple[tuple[npt.NDArray[np.intp], ...], npt.NDArray[np.uint16], Pixels]:
        """Return where in ``box`` something is drawn, how much of the image shows through there, and the paint."""
        x0, y0, x1, y1 = box
        coverage = self._coverage[y0:y1, x0:x1]
        where = np.nonzero(coverage)
        weight = (255 - coverage[where]).astype(np.uint16)
        return where, weight if self.channels == 1 else weight[:, None], self._paint[y0:y1, x0:x1][where]

    def over(self, image: Pixels) -> Pixels:
        """Return ``image`` (the whole screen) with the drawing laid over it."""
        where, weight, paint = self.ink((0, 0, self.width, self.height))
        shown = image.copy()
        shown[where] = (image[where] * weight // 255 + paint).astype(np.uint8)
        return shown


def luminance(colour: Colour) -> int:
    """Return the grey of a colour.

    >>> luminance((255, 255, 255)), luminance((0, 0, 0))
    (255, 0)
    """
    return round(0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2])
