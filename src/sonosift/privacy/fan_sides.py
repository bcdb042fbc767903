"""The two straight sides of a scan, and the rows of content that they are fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

STRAY = 0.015
"""Share of rows, columns or rays that an attached bit of overlay may push out without moving the outline."""
ATTACHED = 0.12
"""Share of a side or arc that letters beside the picture may hold without moving it."""


@dataclass(frozen=True)
class Sides:
    """The straight sides ``x = left - left_slope * y`` and ``x = right + right_slope * y``."""

    left: float
    left_slope: float
    right: float
    right_slope: float

    @classmethod
    def of(cls, content: Mask) -> Sides:
        """Fit each side on its own."""
        width = content.shape[1]
        rows, left, right = edges_of(content)
        tolerance = tolerance_of(content)
        left_at, left_slope = _side(left, rows, tolerance)
        mirrored_at, right_slope = _side(width - 1.0 - right, rows, tolerance)
        left_at = _refined(left, rows, left_at, left_slope, tolerance)
        mirrored_at = _refined(width - 1.0 - right, rows, mirrored_at, right_slope, tolerance)
        return cls(left_at, left_slope, width - 1.0 - mirrored_at, right_slope)

    @property
    def is_sector(self) -> bool:
        """Whether the sides lean apart, as a curved or phased probe's do."""
        return self.left_slope + self.right_slope > 2 * _SLOPED

    def mirrored(self, content: Mask) -> Sides:
        """Give both sides one slope: that on which most of both edges lie, or the wider one where they disagree."""
        width = content.shape[1]
        rows, left, right = edges_of(content)
        tolerance = tolerance_of(content)
        left_at, left_weight = _supports(left, rows, tolerance)
        right_at, right_weight = _supports(width - 1.0 - right, rows, tolerance)
        if abs(self.left_slope - self.right_slope) <= _SAME_SLOPE:
            near = np.abs(_SLOPES - (self.left_slope + self.right_slope) / 2) <= _SAME_SLOPE
            best = int(np.where(near, left_weight + right_weight, -1).argmax())
        else:
            best = int(np.abs(_SLOPES - max(self.left_slope, self.right_slope)).argmin())
        slope = float(_SLOPES[best])
        at = _refined(left, rows, float(left_at[best]), slope, tolerance)
        mirrored_at = _refined(width - 1.0 - right, rows, float(right_at[best]), slope, tolerance)
        return Sides(at, slope, width - 1.0 - mirrored_at, slope)


def edges_of(content: Mask) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows with content, and where it begins and ends in each."""
    rows = np.flatnonzero(content.any(1))
    left = content[rows].argmax(1).astype(np.float64)
    right = content.shape[1] - 1.0 - content[rows][:, ::-1].argmax(1)
    return rows, left, right


def tolerance_of(content: Mask) -> float:
    """Return how far, in pixels, an edge may lie from a line and still lie on it."""
    return float(max(1.5, _TOLERANCE * max(content.shape)))


def _side(edge: NDArray[np.float64], rows: NDArray[np.intp], tolerance: float) -> tuple[float, float]:
    """Find the straight left side ``x = at - slope * y`` that most rows of the content's edge lie on.

    A sloped side is preferred where enough rows lie on it: the rest of the edge is then the cut of the screen. Of a
    picture cropped to its width only the rows above that cut tell.
    """
    at_the_screen = edge <= tolerance
    free = int(at_the_screen.argmax())
    if free > _FEWEST_FREE_ROWS * len(rows) and at_the_screen[free:].mean() > _CROPPED:
        at, weight = _supports(edge[:free], rows[:free], tolerance)
        best = int(np.where(_SLOPES > _SLOPED, weight, -1).argmax())
        if weight[best] > _STRAIGHT * np.sqrt(1 + _SLOPES[best] ** 2):
            return float(at[best]), float(_SLOPES[best])
    at, weight = _supports(edge, rows, tolerance)
    support = weight / np.sqrt(1 + _SLOPES**2)
    sloped = _SLOPES > _SLOPED
    if support[sloped].max() > _FEWEST_ROWS:
        best = int(np.where(sloped & (support > _FEWEST_ROWS), weight, -1).argmax())
        straight = int(np.where(sloped, -1, weight).argmax())
        if weight[best] >= 0.4 * weight[straight]:
            return float(at[best]), float(_SLOPES[best])
        return float(at[straight]), float(_SLOPES[straight])
    best = int(weight.argmax())
    return float(at[best]), float(_SLOPES[best])


def _supports(
    edge: NDArray[np.float64], rows: NDArray[np.intp], tolerance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each slope, the outermost line that is not stray, and how long a part of the edge lies on it."""
    offsets = edge[None, :] + _SLOPES[:, None] * rows[None, :]
    stray = int(STRAY * len(rows))
    at = np.partition(offsets, stray, axis=1)[:, stray]
    support = (np.abs(offsets - at[:, None]) <= tolerance).mean(axis=1)
    return at, support * np.sqrt(1 + _SLOPES**2)


def _refined(edge: NDArray[np.float64], rows: NDArray[np.intp], at: float, slope: float, tolerance: float) -> float:
    """Move a line to where the edge that lies on it really is: a letter beside the picture had moved it out."""
    offsets = edge + slope * rows
    return float(np.quantile(offsets[np.abs(offsets - at) <= tolerance], ATTACHED))


_SLOPES = np.linspace(-0.05, 1.9, 157)
_TOLERANCE = 0.012
_SLOPED = 0.08
_FEWEST_ROWS = 0.15
_FEWEST_FREE_ROWS = 0.05
_CROPPED = 0.5
_STRAIGHT = 0.5
_SAME_SLOPE = 0.06
