"""Fit the outline of a sector, curvilinear, phased or linear picture to the area of its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
_SLOPES = np.linspace(-0.05, 1.9, 157)
_TOLERANCE = 0.012
_SLOPED = 0.08
_FEWEST_ROWS = 0.15
_STRAY = 0.015
"""Share of rows, columns or rays that an attached bit of overlay may push out without moving the outline."""


@dataclass(frozen=True)
class Outline:
    """The fitted area, how well content and fit agree, in [0, 1], and of how many pictures it is made."""

    mask: Mask
    confidence: float
    parts: int = 1


def fit_outline(parts: Sequence[Mask]) -> Outline:
    """Fit the picture as a whole, or each of two pictures side by side where that leaves less of the screen."""
    best = _fit_one(np.logical_or.reduce(parts))
    most = _TWO_PICTURES * best.mask.sum()
    from_left = sorted(parts, key=lambda part: float(np.flatnonzero(part.any(0)).mean()))
    for cut in range(1, len(parts)):
        first, second = (_fit_one(np.logical_or.reduce(side)) for side in (from_left[:cut], from_left[cut:]))
        both = first.mask | second.mask
        if both.sum() < most:
            best, most = Outline(both, min(first.confidence, second.confidence), parts=2), both.sum()
    return best


def _fit_one(content: Mask) -> Outline:
    """Fit straight sides, arcs and screen edges; fall back on the convex hull where they do not fit."""
    hull = _convex_hull(content)
    fitted = _fitted(content)
    covered = float((content & fitted).sum() / max(1, content.sum()))
    filled = float((hull & fitted).sum() / max(1, fitted.sum()))
    quality = _ramp(covered, 0.9, 0.98) * _ramp(filled, 0.55, 0.8)
    if quality >= 0.5:
        return Outline(fitted, quality)
    # An unusual shape: the hull loses little, and its corners are not trusted.
    compact = float(content.sum() / max(1, hull.sum()))
    return Outline(hull, max(quality, 0.8 * _ramp(compact, 0.6, 0.9)))


def _fitted(content: Mask) -> Mask:
    height, width = content.shape
    rows, columns = np.flatnonzero(content.any(1)), np.flatnonzero(content.any(0))
    left = content[rows].argmax(1).astype(np.float64)
    right = width - 1.0 - content[rows][:, ::-1].argmax(1)
    tolerance = max(1.5, _TOLERANCE * max(height, width))
    left_at, left_slope = _side(left, rows, tolerance)
    mirrored_at, right_slope = _side(width - 1.0 - right, rows, tolerance)
    right_at = width - 1.0 - mirrored_at

    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    mask = (x >= columns[0]) & (x <= columns[-1]) & (y >= rows[0]) & (y <= rows[-1])
    mask &= (x >= left_at - left_slope * y) & (x <= right_at + right_slope * y)
    if left_slope + right_slope > 2 * _SLOPED:
        apex_y = (left_at - right_at) / (left_slope + right_slope)
        apex_x = left_at - left_slope * apex_y
        mask &= _between_arcs(content, mask, apex_x, apex_y)
    return np.asarray(mask, dtype=np.bool_)


def _side(edge: NDArray[np.float64], rows: NDArray[np.intp], tolerance: float) -> tuple[float, float]:
    """Find the straight left side ``x = at - slope * y`` that most rows of the content's edge lie on.

    A sloped side is preferred where enough rows lie on it: the rest of the edge is then the cut of the screen.
    """
    offsets = edge[None, :] + _SLOPES[:, None] * rows[None, :]
    stray = int(_STRAY * len(rows))
    at = np.partition(offsets, stray, axis=1)[:, stray]
    support = (np.abs(offsets - at[:, None]) <= tolerance).mean(axis=1)
    weight = support * np.sqrt(1 + _SLOPES**2)
    sloped = _SLOPES > _SLOPED
    if support[sloped].max() > _FEWEST_ROWS:
        best = int(np.where(sloped & (support > _FEWEST_ROWS), weight, -1).argmax())
        straight = int(np.where(sloped, -1, weight).argmax())
        if weight[best] >= 0.4 * weight[straight]:
            return float(at[best]), float(_SLOPES[best])
        return float(at[straight]), float(_SLOPES[straight])
    best = int(weight.argmax())
    return float(at[best]), float(_SLOPES[best])


def _between_arcs(content: Mask, inside: Mask, apex_x: float, apex_y: float) -> Mask:
    """Limit the fan by the arcs around its apex, where the content's first and last echoes follow them."""
    height, width = content.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    radius = np.hypot(x - apex_x, y - apex_y)
    angle = np.arctan2(x - apex_x, y - apex_y)
    seen = content & inside
    if not seen.any():
        return inside
    low, high = np.quantile(angle[seen], [0.01, 0.99])
    bins = np.clip(((angle - low) / max(high - low, 1e-6) * _RAYS).astype(np.intp), 0, _RAYS - 1)
    first = np.full(_RAYS, np.inf)
    last = np.zeros(_RAYS)
    np.minimum.at(first, bins[seen], radius[seen])
    np.maximum.at(last, bins[seen], radius[seen])
    rays = np.isfinite(first)
    tolerance = max(1.5, _TOLERANCE * max(height, width))
    outer, on_arc = _agreed(last[rays], tolerance)
    lowest = height - 1.0 - seen[::-1].argmax(0)[seen.any(0)]
    bottom, on_bottom = _agreed(lowest, tolerance)
    if on_arc >= max(on_bottom, _LEAST_AGREEMENT):
        result = radius <= outer  # what hangs below the arc is writing
    else:
        result = y <= bottom  # the screen or a menu cuts the fan
    if max(on_arc, on_bottom) < _LEAST_AGREEMENT or (seen & ~result).sum() > _MOST_WRITING * seen.sum():
        # No common end: the echoes fade out before it.
        result = radius <= np.quantile(last[rays], 1 - _STRAY)
    cosine = np.cos(low + (np.arange(_RAYS) + 0.5) / _RAYS * (high - low))
    flat_top = np.std((first * cosine)[rays]) < np.std(first[rays])
    if not flat_top:
        result &= radius >= np.quantile(first[rays], 2 * _STRAY)
    return np.asarray(result, dtype=np.bool_)


def _agreed(values: NDArray[np.float64], tolerance: float) -> tuple[float, float]:
    """Return the largest value that many of the values agree on within the tolerance, and the share that does."""
    agreeing = (np.abs(values[:, None] - values[None, :]) <= tolerance).mean(axis=1)
    enough = agreeing >= max(_LEAST_AGREEMENT, 0.5 * float(agreeing.max()))
    if not enough.any():
        return float(values.max()), 0.0
    best = float(values[enough].max())
    # The outermost of those that agree still may be writing: take the middle of its neighbours, and their spread.
    near = values[np.abs(values - best) <= tolerance]
    return float(np.quantile(near, 0.9)), float(len(near) / len(values))


def _convex_hull(mask: Mask) -> Mask:
    filled = np.zeros(mask.shape, dtype=np.uint8)
    rows = np.flatnonzero(mask.any(1))
    if len(rows):
        # The ends of each row are corners enough.
        left = mask[rows].argmax(1)
        right = mask.shape[1] - 1 - mask[rows][:, ::-1].argmax(1)
        ends = np.concatenate([np.stack([left, rows], axis=1), np.stack([right, rows], axis=1)]).astype(np.int32)
        cv2.fillConvexPoly(filled, cv2.convexHull(ends), 1)
    return filled > 0


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


_RAYS = 64
_LEAST_AGREEMENT = 0.2
_MOST_WRITING = 0.03
_TWO_PICTURES = 0.9
