"""Where the ultrasound picture lies on the screen: everything else may show a name.

The content is found in the pixels (or inside the machine's calibration regions), and a convex outline is fitted
to it: two straight sides, an outer arc or a flat bottom, an inner arc or a flat top. The fit is what brings back
the parts of a fan that are black in every frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.clip import Image, Region
from sonosift.privacy.fan_content import find_content
from sonosift.privacy.fan_outline import fit_outline

Mask = NDArray[np.bool_]

TRUSTED = 0.5
"""Frames whose fan is less certain than this wait for a person."""


@dataclass(frozen=True)
class Fan:
    """A fan in source pixels: its mask, the box around it (right and bottom exclusive) and how sure we are.

    ``parts`` is 2 for a dual screen, whose two pictures are one mask in one box.
    """

    mask: Mask
    box: tuple[int, int, int, int]
    confidence: float
    parts: int = 1


def find_fan(frames: Sequence[Image], regions: Sequence[Region] = ()) -> Fan | None:
    """Find the fan that all ``frames`` of a clip share.

    Returns:
        The fan with a confidence in [0, 1], or None where nothing looks like one.
    """
    height, width = frames[0].shape
    window = _region_window(regions, height, width)
    content = find_content(frames, window)
    if content is None and window is not None:
        # The region is declared where nothing is shown: the header describes another picture.
        window = None
        content = find_content(frames)
    if content is None:
        return None
    outline = fit_outline(content.parts, content.contrast, content.grain)
    small = outline.mask
    full = cv2.resize(small.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_LINEAR) > 127
    if window is not None:
        full &= window
    rows, columns = np.flatnonzero(full.any(1)), np.flatnonzero(full.any(0))
    if not len(rows):
        return None
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    inside = np.s_[box[1] : box[3], box[0] : box[2]]
    confidence = outline.confidence * _texture(frames[len(frames) // 2][inside], full[inside], content.background)
    if window is not None and outline.confidence > TRUSTED:
        confidence = min(1.0, confidence + 0.1)
    return Fan(full, box, round(float(confidence), 4), outline.parts)


def _region_window(regions: Sequence[Region], height: int, width: int) -> Mask | None:
    """Mark the declared picture areas; None where the header has none or they cannot be true of this picture."""
    tissue = [region for region in regions if region.data_type in (1, 2)]
    window = np.zeros((height, width), dtype=bool)
    for region in tissue:
        inside = 0 <= region.x0 < region.x1 <= width + 1 and 0 <= region.y0 < region.y1 <= height + 1
        if not inside:
            return None
        window[region.y0 : region.y1, region.x0 : region.x1] = True
    return window if window.mean() > _SMALLEST_SHARE else None


def _texture(frame: Image, mask: Mask, background: int) -> float:
    """Return 1 for speckle, less for drawings, text pages and test charts, whose areas are flat or white."""
    steps = np.maximum(cv2.absdiff(frame[:, 1:], frame[:, :-1])[:-1], cv2.absdiff(frame[1:], frame[:-1])[:, :-1])
    lit = mask[:-1, :-1] & (np.abs(frame[:-1, :-1].astype(np.int16) - background) > _NEARLY_BLACK)
    if np.count_nonzero(lit) < _FEWEST_LIT_PIXELS:
        return 0.0
    flat = float((steps[lit] <= 1).mean())
    white = float((frame[mask] > _WHITE).mean())
    shares = np.bincount(frame[:-1, :-1][lit], minlength=256) / lit.sum()
    levels = float(np.exp(-np.sum(shares * np.log(shares + 1e-12))))
    return _falling(flat, _FLATTEST, 0.1) * _falling(white, _WHITEST, 0.15) * _falling(-levels, -_FEWEST_LEVELS, 8.0)


def _falling(value: float, end: float, width: float) -> float:
    return float(np.clip((end - value) / width, 0.0, 1.0))


_SMALLEST_SHARE = 0.04
_NEARLY_BLACK = 10
_FEWEST_LIT_PIXELS = 200
_WHITE = 235
_FLATTEST = 0.97
_WHITEST = 0.5
_FEWEST_LEVELS = 6.0
"""Effective number of grey levels (the exponential of their entropy): a drawing has a handful, tissue dozens."""
