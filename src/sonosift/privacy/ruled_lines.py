"""Level and upright lines as a machine rules them: rulers, scales, frames, cursors.

A ruled line is a thin rectangle of one grey that begins and ends within a pixel. Layers of tissue lie level too, and
may be as bright and as thin, but their grey changes along them, and they fade where they end.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_THICKEST = 4
_FALL = 30
"""Grey levels by which a line is brighter than what lies two pixels beside it."""
_MOSTLY = 0.8
"""Share of a line's length along which it must: there may be bright tissue beside it."""
_LEAST_GREY, _SAME_GREY, _STEP = 60, 10, 16
"""A codec leaves steps where something else meets the line, but most of it is of one grey."""
_SHORTEST, _SHORTEST_SHARE = 24, 0.06
_SOFT_EDGE = np.ones((5, 5), dtype=np.uint8)


def find_ruled_lines(picture: Image, inside: Mask) -> Mask:
    """Return all ruled lines in the fan, with their soft edges."""
    shown = np.where(inside, picture, 0).astype(np.int16)
    upright = _level_lines(np.ascontiguousarray(shown.T), np.ascontiguousarray(inside.T)).T
    found = _level_lines(shown, inside) | upright
    return np.asarray(cv2.dilate(found.astype(np.uint8), _SOFT_EDGE) > 0, dtype=bool) & inside


def _level_lines(shown: NDArray[np.int16], inside: Mask) -> Mask:
    found = np.zeros(shown.shape, dtype=bool)
    height, width = shown.shape
    shortest = max(_SHORTEST, round(_SHORTEST_SHARE * width))
    margin = ((2, _THICKEST + 2), (2, 2))
    around, fan = np.pad(shown, margin), np.pad(inside, margin)
    for thick in range(1, _THICKEST + 1):
        rows = [around[2 + row : 2 + row + height] for row in range(thick)]
        low, high = np.minimum.reduce(rows), np.maximum.reduce(rows)
        beside = np.maximum(around[:height], around[3 + thick : 3 + thick + height])
        # At the edge of the fan one side is enough, but where nothing lies beside it, it is all that there is.
        seen = fan[:height] | fan[3 + thick : 3 + thick + height]
        stands_out = (low - beside >= _FALL) & seen
        of_one_grey = (low >= _LEAST_GREY) & (high - low <= _STEP)
        goes_on = of_one_grey[:, 1:] & of_one_grey[:, :-1] & (np.abs(np.diff(low, axis=1)) <= _STEP)
        enough = (goes_on.sum(axis=1) >= shortest - 1) & (stands_out.sum(axis=1) >= _MOSTLY * shortest)
        for y in np.flatnonzero(enough):
            steps = np.flatnonzero(np.diff(goes_on[y].astype(np.int8), prepend=0, append=0))
            for first, last in zip(steps[::2], steps[1::2] + 1, strict=True):
                ruled = last - first >= shortest and stands_out[y, first:last].mean() >= _MOSTLY
                if ruled and _is_one_piece(low[y], int(first), int(last)):
                    found[y : y + thick, first - 2 : last - 2] = True
    return found


def _is_one_piece(greys: NDArray[np.int16], first: int, last: int) -> bool:
    """Say whether a run is of one grey and ends at once on both sides."""
    line = greys[first:last]
    dark, bright = np.quantile(line, (0.1, 0.9))
    beyond = max(greys[max(0, first - 2)], greys[min(len(greys) - 1, last + 1)])
    return bool(bright - dark <= _SAME_GREY and beyond <= dark - _FALL)
