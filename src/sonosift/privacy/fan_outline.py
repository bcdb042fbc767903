"""Fit the outline of a sector, curvilinear, phased or linear picture to the area of its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.fan_sides import ATTACHED, STRAY, Sides, edges_of, tolerance_of

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Outline:
    """The fitted area, how well content and fit agree, in [0, 1], and of how many pictures it is made."""

    mask: Mask
    confidence: float
    parts: int = 1


def fit_outline(parts: Sequence[Mask], contrast: NDArray[np.uint8] | None = None, grain: Mask | None = None) -> Outline:
    """Fit the picture as a whole, or each of two pictures side by side where that leaves less of the screen.

    Args:
        parts: The areas of the content.
        contrast: How far each pixel stands out from the screen. A side that lies in shadow is only drawn where
            nothing bright is, which may be writing; faint grain all over tells that the picture goes on there.
        grain: The areas with what goes on beside them so faintly that only its grain shows.
    """
    shown = np.zeros(parts[0].shape, dtype=np.uint8) if contrast is None else contrast
    best = _fit_one(np.logical_or.reduce(parts), shown)
    most = _TWO_PICTURES * _pixels(best.mask)
    from_left = sorted(parts, key=lambda part: float(np.flatnonzero(part.any(0)).mean()))
    for cut in range(1, len(parts)):
        first, second = (_fit_one(np.logical_or.reduce(side), shown) for side in (from_left[:cut], from_left[cut:]))
        both = first.mask | second.mask
        if _pixels(both) < most and _side_by_side(first.mask, second.mask):
            best, most = Outline(both, min(first.confidence, second.confidence), parts=2), float(_pixels(both))
    if grain is not None and best.parts == 1:
        best = _with_grain(best, grain, shown)
    return Outline(best.mask, best.confidence * _nothing_below(best.mask, shown), best.parts)


def _with_grain(best: Outline, grain: Mask, contrast: NDArray[np.uint8]) -> Outline:
    """Fit again where faint grain goes on beside the outline; where that gives no better one, be less sure."""
    # What a lossy encoder spills over an edge stays within one of its blocks; tissue in the dark goes on.
    beside = cv2.dilate(best.mask.astype(np.uint8), np.ones((2 * _BLOCK + 1, 2 * _BLOCK + 1), np.uint8)) > 0
    if _pixels(grain & ~beside) <= _NOTICED_GRAIN * _pixels(best.mask):
        return best
    wider = _fit_one(grain, contrast)
    if wider.confidence >= _AS_SURE * best.confidence and _pixels(wider.mask) > _pixels(best.mask):
        return wider
    return Outline(best.mask, _GRAIN_LEFT * best.confidence, best.parts)


def _nothing_below(mask: Mask, contrast: NDArray[np.uint8]) -> float:
    """Return a factor that falls where much is shown below the outline: more than a line or two of text can be.

    A colour box or bright tissue that a dark band cuts off from the rest of the picture looks like that.
    """
    near = cv2.dilate(mask.astype(np.uint8), np.ones((_HALO, _HALO), np.uint8)) > 0
    below = np.logical_or.accumulate(mask, axis=0) & ~near
    return 1.0 - 0.6 * _ramp(_pixels((contrast > _INK) & below) / max(1, _pixels(mask)), *_MUCH_INK)


def _side_by_side(first: Mask, second: Mask) -> bool:
    """Tell two pictures from the two halves of one that a dark organ or a shadow cuts from side to side."""
    left, right = first.any(0), second.any(0)
    shared = np.count_nonzero(left & right)
    return bool(shared <= _MOST_SHARED * min(np.count_nonzero(left), np.count_nonzero(right)))


def _fit_one(content: Mask, contrast: NDArray[np.uint8]) -> Outline:
    """Fit straight sides, arcs and screen edges; fall back on the convex hull where they do not fit."""
    content = _solid(content)
    hull = _convex_hull(content)
    sides = Sides.of(content)
    fitted = _fitted(content, sides, cut=True)
    quality = _agreement(content, hull, fitted)
    if quality < 0.5:
        # An unusual shape: the hull loses little, and its corners are not trusted.
        compact = _share_inside(hull, content)
        return Outline(hull, max(quality, 0.8 * _ramp(compact, 0.6, 0.9)))
    if sides.is_sector:
        # A shadow along one side hides it. A probe sweeps as far to the left as to the right, so the other side tells.
        symmetric = sides.mirrored(content)
        whole = _fitted(content, symmetric, cut=False)
        if _beyond_its_cut(content, symmetric):
            lit = _fitted(content, symmetric, cut=False, shadow_cuts=True)
            gained = lit & ~whole
            if _pixels(gained) > _NOTICED * _pixels(whole):
                # By a shadow, or because the scan lies beside its window? Faint grain in the shadow tells.
                if _grainy(contrast, gained):
                    whole = lit
                else:
                    quality *= _UNTOLD
        added = whole & ~fitted
        clear = np.count_nonzero(contrast[added] > _BRIGHT) <= _STRAY_WRITING or _grainy(contrast, added)
        lost = _share_inside(content, fitted) - _share_inside(content, whole)
        if clear and np.count_nonzero(whole) <= _MOST_GROWTH * np.count_nonzero(fitted) and lost <= _MOST_LOST:
            return Outline(whole, quality * _supported(content, whole))
        # Two readings of the picture, and no telling which: whoever relies on the fan should know.
        quality *= 0.6 + 0.4 * _ramp(_share_inside(fitted | whole, fitted & whole), 0.8, 0.95)
    return Outline(fitted, quality * _supported(content, fitted))


def _grainy(contrast: NDArray[np.uint8], area: Mask) -> bool:
    """Say whether an area that seems black has faint grain all over.

    What is bright may be writing and what is near it its blur: neither tells, and at least half must be left that does.
    """
    bright = (contrast > _DIM).astype(np.uint8)
    telling = area & (cv2.dilate(bright, np.ones((_HALO, _HALO), np.uint8)) == 0)
    if _pixels(telling) < 0.5 * _pixels(area):
        return False
    faint = ((contrast > _FAINT) & telling).astype(np.float32)
    around = cv2.blur(telling.astype(np.float32), (_PATCH, _PATCH))
    return _share_inside(telling, cv2.blur(faint, (_PATCH, _PATCH)) > _LEAST_GRAIN * around) > _GRAINY


def _supported(content: Mask, mask: Mask) -> float:
    """Return how much of the outline has content right inside it, as a factor; a guessed part makes it smaller."""
    small = mask.astype(np.uint8)
    ring = (mask & (cv2.erode(small, np.ones((3, 3))) == 0)) & np.pad(
        np.ones((mask.shape[0] - 2, mask.shape[1] - 2), bool), 1
    )
    near = cv2.dilate(content.astype(np.uint8), np.ones((9, 9))) > 0
    return 0.6 + 0.4 * _ramp(_share_inside(ring, near), 0.5, 0.95)


def _solid(content: Mask) -> Mask:
    """Close the speckle's gaps and drop what is thin: a heart trace or small letters that touch the picture."""
    closed = cv2.morphologyEx(content.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    solid = cv2.morphologyEx(closed, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))) > 0
    return solid if solid.any() else content


def _agreement(content: Mask, hull: Mask, fitted: Mask) -> float:
    return _ramp(_share_inside(content, fitted), 0.9, 0.98) * _ramp(_share_inside(fitted, hull), 0.55, 0.8)


def _pixels(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _share_inside(area: Mask, border: Mask) -> float:
    return _pixels(area & border) / max(1, _pixels(area))


def _fitted(content: Mask, sides: Sides, *, cut: bool, shadow_cuts: bool = False) -> Mask:
    """Draw the area between the sides and the arcs; ``cut`` ends it at the outermost column with content.

    Without ``cut`` it ends there only where the screen seems to cut it: most rows that could go on end at that column.
    With ``shadow_cuts`` such an end on one side only is taken for a shadow's.
    """
    height, width = content.shape
    rows, left, right = edges_of(content)
    y, x = np.ogrid[0:height, 0:width]
    mask = (y >= rows[0]) & (y <= rows[-1]) & (x >= 0)
    mask &= (x >= sides.left - sides.left_slope * y) & (x <= sides.right + sides.right_slope * y)
    tolerance = tolerance_of(content)
    first, last = float(left.min()), float(right.max())
    left_cut = _cut(-left, sides.left_slope * rows - sides.left, tolerance)
    right_cut = _cut(right, sides.right + sides.right_slope * rows, tolerance)
    if not cut and sides.is_sector:
        # A shadow may hide one cut of two: machines show a scan in the middle of its window.
        axis = (sides.left + sides.right) / 2
        if left_cut is None and right_cut is not None:
            left_cut, right_cut = (None, None) if shadow_cuts else (max(-first, right_cut - 2 * axis), right_cut)
        elif right_cut is None and left_cut is not None:
            left_cut, right_cut = (None, None) if shadow_cuts else (left_cut, max(last, left_cut + 2 * axis))
    if cut or left_cut is not None:
        mask &= x >= (first if left_cut is None else -left_cut)
    if cut or right_cut is not None:
        mask &= x <= (last if right_cut is None else right_cut)
    if sides.is_sector:
        apex_y = (sides.left - sides.right) / (sides.left_slope + sides.right_slope)
        apex_x = sides.left - sides.left_slope * apex_y
        mask &= _between_arcs(content, mask, apex_x, apex_y)
    return np.asarray(mask, dtype=np.bool_)


def _beyond_its_cut(content: Mask, sides: Sides) -> bool:
    """Say whether one side alone ends in a straight cut, and the other goes on well beyond the cut's mirror image."""
    rows, left, right = edges_of(content)
    tolerance = tolerance_of(content)
    left_cut = _cut(-left, sides.left_slope * rows - sides.left, tolerance)
    right_cut = _cut(right, sides.right + sides.right_slope * rows, tolerance)
    if (left_cut is None) == (right_cut is None):
        return False
    reach = -left_cut if left_cut is not None else right_cut
    farthest = float(right.max()) if left_cut is not None else float(left.min())
    axis = (sides.left + sides.right) / 2
    return abs(farthest - axis) > abs((reach or 0.0) - axis) + _BEYOND * tolerance


def _cut(edge: NDArray[np.float64], side: NDArray[np.floating], tolerance: float) -> float | None:
    """Return the column at which many of the rows end whose side would go on beyond it, or None without such a cut."""
    at, _ = _agreed(edge, _SHARP * tolerance)
    could_go_on = side > at + tolerance
    if could_go_on.sum() < _FEWEST_CUT_ROWS:
        return None
    return at if (np.abs(edge - at) <= _SHARP * tolerance)[could_go_on].mean() > _CUT_ROWS else None


def _between_arcs(content: Mask, inside: Mask, apex_x: float, apex_y: float) -> Mask:
    """Limit the fan by the arcs around its apex, where the content's first and last echoes follow them."""
    height, width = content.shape
    y, x = np.ogrid[0:height, 0:width]
    radius = np.sqrt(((x - apex_x) ** 2).astype(np.float32) + ((y - apex_y) ** 2).astype(np.float32))
    seen = content & inside
    if not seen.any():
        return inside
    seen_rows, seen_columns = np.nonzero(seen)
    angle = np.arctan2((seen_columns - apex_x).astype(np.float32), (seen_rows - apex_y).astype(np.float32))
    low, high = np.quantile(angle, [0.01, 0.99])
    bins = np.clip(((angle - low) / max(high - low, 1e-6) * _RAYS).astype(np.intp), 0, _RAYS - 1)
    first = np.full(_RAYS, np.inf)
    last = np.zeros(_RAYS)
    reach = radius[seen_rows, seen_columns].astype(np.float64)
    np.minimum.at(first, bins, reach)
    np.maximum.at(last, bins, reach)
    rays = np.isfinite(first)
    tolerance = tolerance_of(content)
    outer, on_arc = _agreed(last[rays], tolerance)
    lowest = height - 1.0 - seen[::-1].argmax(0)[seen.any(0)]
    bottom, on_bottom = _agreed(lowest, _SHARP * tolerance)
    if on_arc >= max(on_bottom, _LEAST_AGREEMENT):
        result = radius <= outer  # what hangs below the arc is writing
    else:
        result = np.broadcast_to(y <= bottom, radius.shape).copy()  # the screen or a menu cuts the fan
    if max(on_arc, on_bottom) < _LEAST_AGREEMENT or np.count_nonzero(seen & ~result) > _MOST_WRITING * len(seen_rows):
        # No common end: the echoes fade out before it.
        result = radius <= np.quantile(last[rays], 1 - STRAY)
    cosine = np.cos(low + (np.arange(_RAYS) + 0.5) / _RAYS * (high - low))
    flat_top = np.std((first * cosine)[rays]) < np.std(first[rays])
    if not flat_top:
        result &= radius >= np.quantile(first[rays], ATTACHED)
    return np.asarray(result, dtype=np.bool_)


def _agreed(values: NDArray[np.float64], tolerance: float) -> tuple[float, float]:
    """Return the largest value that many of the values agree on within the tolerance, and the share that does."""
    ordered = np.sort(values)
    within = np.searchsorted(ordered, values + tolerance, "right") - np.searchsorted(ordered, values - tolerance)
    agreeing = within / len(values)
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
_MOST_SHARED = 0.2
_BRIGHT = 90
_DIM = 60
_FAINT = 2
_PATCH = 15
_HALO = 7
_LEAST_GRAIN = 0.05
_GRAINY = 0.5
_NOTICED = 0.03
_BEYOND = 3
_UNTOLD = 0.75
_STRAY_WRITING = 12
_SHARP = 0.3
"""A screen or a menu ends a picture within a pixel; what fades out, or a shadow, ends here and there."""
_FEWEST_CUT_ROWS = 6
_CUT_ROWS = 0.3
_MOST_LOST = 0.02
_MOST_GROWTH = 1.6
_BLOCK = 8
_NOTICED_GRAIN = 0.02
_AS_SURE = 0.7
_GRAIN_LEFT = 0.7
_INK = 15
_MUCH_INK = (0.1, 0.2)
