"""The largest area of a screen that holds a picture: text, rulers and grey bars are too thin to survive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_WORKING_SIDE = 400
_LEAST_SHARE = 0.03
_CLOSING_SHARE = 0.015
_OPENING_SHARE = 0.07
_ABOVE_BACKGROUND = 7.0
_MOVING = 1.5
_BLACK = 4
_BLACK_SHARE = 0.12
_GRAIN_WINDOW = 0.05
_LEAST_GRAIN = 0.1
_FILLED = 0.97
_FLAT_SHARE = 0.5
_TALLEST_BAR = 0.2
_BAR_EDGE = 0.02
_STROKE = 5
_STROKE_CONTRAST = 60
_THIN_CONTRAST = 40
_STROKE_SHARE = 0.12
_GROUND_SHARE = 0.2
_ON_THE_SCREEN = 0.55
_FAINT = 2
_LEAST_FAINT = 0.04
_PATCH = 0.05
_HALO = 7


@dataclass(frozen=True)
class Content:
    """The areas of the picture at working resolution (one, or its parts), and the screen around it.

    ``contrast`` is how far each pixel stands out from the screen's grey ``background``: echoes, writing, graphics.
    ``grain`` is the same areas with what goes on beside them so faintly that only its grain shows.
    """

    parts: list[NDArray[np.bool_]]
    background: int
    contrast: NDArray[np.uint8]
    grain: NDArray[np.bool_]


def find_content(frames: Sequence[NDArray[np.uint8]], window: NDArray[np.bool_] | None = None) -> Content | None:
    """Return the area of the picture, or None where only text and thin graphics are shown."""
    height, width = frames[0].shape
    scale = min(1.0, _WORKING_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    stack = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])
    brightest = stack.max(axis=0)
    background = _background(brightest)
    smooth = cv2.GaussianBlur(brightest, (0, 0), 1.2).astype(np.float32)
    relief = np.asarray(cv2.morphologyEx(brightest, cv2.MORPH_TOPHAT, _disc(_STROKE)), dtype=np.uint8)
    steps = _steps(brightest)
    lit = (
        (np.abs(smooth - background) > _ABOVE_BACKGROUND)
        & _grainy(steps)
        & ~_lettered(brightest, background, relief, steps)
    )
    strokes = _thin_strokes(relief)
    ground = np.abs(brightest.astype(np.int16) - background) <= _BLACK
    # A heart trace just below the picture stands on the empty screen; a bright thin line of tissue does not.
    alone = (strokes & (_share_around(ground) > _ON_THE_SCREEN)).astype(np.uint8)
    lit &= cv2.dilate(alone, _disc(_STROKE)) == 0  # with the halo that smoothing gave it
    lit &= ~_bars(brightest, background)
    if window is not None:
        lit &= cv2.resize(window.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    movement = stack.astype(np.float32).std(axis=0) if len(stack) > 1 else None
    parts = _thick_components(lit, strokes, movement)
    if sum(part.mean() for part in parts) < _LEAST_SHARE:
        return None
    # Smoothing made the area a little wider than the picture is.
    contrast = cv2.absdiff(brightest, np.full_like(brightest, background))
    sharp = contrast > _ABOVE_BACKGROUND
    kept = [part & sharp for part in parts if (part & sharp).any()]
    if not kept:
        return None
    drawn = (cv2.dilate(alone, _disc(_STROKE)) > 0) | ~_grainy(steps) | _bars(brightest, background)
    if window is not None:
        drawn |= cv2.resize(window.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) == 0
    grain = _faint_grain(np.logical_or.reduce(kept), contrast, drawn)
    return Content(kept, background, np.asarray(contrast, dtype=np.uint8), grain)


def _faint_grain(core: NDArray[np.bool_], contrast: cv2.typing.MatLike, drawn: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the core with the areas of faint grain that are joined to it broadly."""
    near = cv2.dilate(drawn.astype(np.uint8), _disc(_HALO)) > 0
    telling = ~near | core
    side = max(3, round(min(core.shape) * _PATCH)) | 1
    seen = cv2.blur(((contrast > _FAINT) & telling).astype(np.float32), (side, side))
    share = seen / np.maximum(cv2.blur(telling.astype(np.float32), (side, side)), 1e-3)
    grain = ((share > _LEAST_FAINT) & telling) | core
    padding = max(2, round(min(core.shape) * _OPENING_SHARE))
    padded = np.pad(grain.astype(np.uint8), padding)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, _disc(min(core.shape) * _OPENING_SHARE))
    opened = opened[padding:-padding, padding:-padding] | core.astype(np.uint8)
    _, names = cv2.connectedComponents(np.ascontiguousarray(opened), connectivity=4)
    joined = np.isin(names, np.unique(names[core]))
    # The blur reaches beyond the grain.
    inner = (
        cv2.erode(np.pad(joined.astype(np.uint8), side), np.ones((side, side), np.uint8))[side:-side, side:-side] > 0
    )
    lit = (contrast > _FAINT) & joined
    return np.asarray((lit | inner | core), dtype=np.bool_)


def _background(picture: NDArray[np.uint8]) -> int:
    """Return the grey of the screen: what most of its border shows, else black where there is enough of it."""
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    counts = np.bincount(border, minlength=256)[:100]
    commonest = int(counts.argmax())
    around = counts[max(0, commonest - 2) : commonest + 3].sum()
    if around > 0.6 * border.size:
        return commonest if commonest > _BLACK else 0
    if (picture <= _BLACK).mean() > _BLACK_SHARE:
        return 0
    return commonest if around > 0.3 * border.size else 0


def _bars(picture: NDArray[np.uint8], background: int) -> NDArray[np.bool_]:
    """Mark the rows of title bars: from one side of the screen to the other, of one grey, at its top or bottom edge.

    Dark tissue that fills a cropped screen is smooth too, but not of one grey, and a bar begins where the screen does.
    """
    rows = np.zeros(len(picture), dtype=bool)
    most = round(_TALLEST_BAR * len(picture))
    edge = max(2, round(_BAR_EDGE * len(picture)))
    for marks, order in ((rows, picture), (rows[::-1], picture[::-1])):
        near = order[:most].astype(np.int16)
        filled = (np.abs(near - background) > _ABOVE_BACKGROUND).mean(axis=1) > _FILLED
        flat = (near[:, 1:] == near[:, :-1]).mean(axis=1) > _FLAT_SHARE
        bar = np.flatnonzero(filled & flat)
        commonest = np.median(near[bar], axis=1, keepdims=True)
        bar = bar[(np.abs(near[bar] - commonest) <= 1).mean(axis=1) > _FLAT_SHARE]
        if len(bar) and bar[0] <= edge:
            marks[: bar[-1] + 1] = True
    return np.repeat(rows[:, None], picture.shape[1], axis=1)


def _grainy(steps: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Leave out title bars, buttons and other drawn areas: unlike tissue they are perfectly flat."""
    return _share_around(steps) > _LEAST_GRAIN


def _lettered(
    picture: NDArray[np.uint8], background: int, relief: NDArray[np.uint8], steps: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Mark blocks of text: bright thin strokes with a flat ground, the screen's or a title bar's, between them."""
    strokes = relief > _STROKE_CONTRAST
    ground = (np.abs(picture.astype(np.int16) - background) <= _BLACK) | (steps == 0)
    return (_share_around(strokes) > _STROKE_SHARE) & (_share_around(ground) > _GROUND_SHARE)


def _steps(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Count, for each pixel, in how many of two directions its neighbour has another value."""
    steps = np.zeros(picture.shape, dtype=np.float32)
    steps[:, 1:] += picture[:, 1:] != picture[:, :-1]
    steps[1:] += picture[1:] != picture[:-1]
    return steps


def _share_around(marks: NDArray[Any]) -> NDArray[np.float32]:
    side = max(3, round(min(marks.shape) * _GRAIN_WINDOW)) | 1
    return np.asarray(cv2.blur(marks.astype(np.float32), (side, side)), dtype=np.float32)


def _thin_strokes(relief: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark letters and traces, to leave them out where they touch the picture from outside."""
    return cv2.dilate((relief > _THIN_CONTRAST).astype(np.uint8), _disc(3)) > 0


def _thick_components(
    lit: NDArray[np.bool_], strokes: NDArray[np.bool_], movement: NDArray[np.float32] | None
) -> list[NDArray[np.bool_]]:
    side = min(lit.shape)
    # Padded with nothing, so that a title bar does not seem to go on beyond the screen.
    padding = max(2, round(side * _OPENING_SHARE))
    padded = np.pad(lit.astype(np.uint8), padding)
    closed = _without_holes(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, _disc(side * _CLOSING_SHARE)))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, _disc(side * _OPENING_SHARE))
    inner = (slice(padding, padding + lit.shape[0]), slice(padding, padding + lit.shape[1]))
    count, names, statistics, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(opened[inner]), connectivity=4)
    if count < 2:
        return []
    weights = statistics[:, cv2.CC_STAT_AREA].astype(np.float64)
    if movement is not None:
        # What lives is the picture; a frozen clip moves nowhere and leaves the choice to the area.
        moving = np.bincount(names.ravel()[(movement > _MOVING).ravel()], minlength=count).astype(np.float64)
        if moving[1:].max() > 0.05 * weights[1:].max():
            weights = moving
    weights[0] = -1
    largest = float(weights.max())
    # A dual screen has two pictures, and a gas shadow cuts one in parts.
    chosen = np.flatnonzero(weights > 0.25 * largest)
    # Opening rounds the corners off; what was closed next to the core brings them back.
    reach = _disc(side * _OPENING_SHARE * 0.5)
    near = [cv2.dilate((names == number).astype(np.uint8), reach) > 0 for number in chosen]
    ring = (closed[inner] > 0) & ~strokes
    return [mask & (ring | (opened[inner] > 0)) for mask in near]


def _without_holes(mask: cv2.typing.MatLike) -> NDArray[np.uint8]:
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, dtype=np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, thickness=cv2.FILLED)
    return filled


def _disc(diameter: float) -> NDArray[np.uint8]:
    side = max(3, round(diameter) | 1)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)
