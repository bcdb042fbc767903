"""Screens that show no ultrasound picture at all: report pages, worksheets, test patterns.

What tells is what a scan cannot hide: grain. Echoes differ from pixel to pixel, however dark they are; a page is made
of flat ground, strokes and even ramps. A page has to show something, too: a screen that is black or of one grey may be
a scan of nothing, and that is for a person to say.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_BLOCK = 8
"""Side of the squares that are judged: those of JPEG, so that what it spills beside a letter stays in few of them."""
_SMALLEST = 160
"""Nothing is said of a smaller picture: a page cannot be read on it."""
_LIVELY = 0.4
_BOLD = 100
_OF_ONE_GREY = 12
_GROUND_OF_WRITING = 0.35
_AROUND, _SAME_GROUND, _MOSTLY = 5, 8, 0.6
_MOST_GRAIN = 0.004
_APART = 30
_LEAST_SHOWN = 0.002


def shows_no_scan(picture: Image) -> bool:
    """Say whether a grey screen certainly holds no ultrasound picture."""
    height, width = (side // _BLOCK * _BLOCK for side in picture.shape)
    if min(height, width) < _SMALLEST:
        return False
    screen = picture[:height, :width].astype(np.int16)
    return _shown(screen) > _LEAST_SHOWN and _grain(screen) < _MOST_GRAIN


def _shown(screen: NDArray[np.int16]) -> float:
    """Return the share of the screen that stands out from its commonest grey."""
    commonest = int(np.bincount(screen.ravel(), minlength=256).argmax())
    return float((np.abs(screen - commonest) > _APART).mean())


def _grain(screen: NDArray[np.int16]) -> float:
    """Return the share of the screen that is grainy over at least three blocks by three, writing aside."""
    steps = np.zeros(screen.shape, dtype=bool)
    steps[:, 1:] |= screen[:, 1:] != screen[:, :-1]
    steps[1:] |= screen[1:] != screen[:-1]
    lively, blocks = _in_blocks(steps).mean(axis=-1), _in_blocks(screen)
    bold = blocks.max(axis=-1) - blocks.min(axis=-1) > _BOLD
    writing = _writing(blocks, bold)
    beside_writing = cv2.dilate(writing.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    grainy = ((lively > _LIVELY) & ~bold & ~beside_writing) | (bold & ~writing)
    padded = np.pad(grainy.astype(np.uint8), 2)
    return float(cv2.morphologyEx(padded, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))[2:-2, 2:-2].mean())


def _writing(blocks: NDArray[np.int16], bold: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of the bold blocks are letters or lines.

    Between letters there is ground of one grey, that of the blocks around. Speckle as contrasty as letters has no
    ground, and coarse speckle another one in each block.
    """
    ground = blocks.mean(axis=-1)
    ground[bold] = np.median(blocks[bold], axis=-1)
    around = cv2.medianBlur(ground.astype(np.uint8), _AROUND).astype(np.float64)
    grounded = (np.abs(blocks[bold] - ground[bold][:, None]) <= _OF_ONE_GREY).mean(axis=-1) > _GROUND_OF_WRITING
    as_around = np.abs(ground - around)[bold] <= _SAME_GROUND
    writing = np.zeros(bold.shape, dtype=bool)
    if as_around[grounded].sum() > _MOSTLY * grounded.sum():
        writing[bold] = grounded
    return writing


def _in_blocks(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return the pixels of each block along a last axis of their own."""
    rows, columns = pixels.shape[0] // _BLOCK, pixels.shape[1] // _BLOCK
    blocks = pixels.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2)
    return blocks.reshape(rows, columns, _BLOCK * _BLOCK)
