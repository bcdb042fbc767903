"""Heat maps as pictures: laid over the view that the network saw, and many of them on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_STRENGTH = 0.45
_GAP = 4
_OUTLINE = (255, 200, 0)
_LEAST_SIDE = 192
"""Views smaller than this are enlarged on a sheet: people look at it."""


def overlay(view: NDArray[np.floating], heat: NDArray[np.floating]) -> Picture:
    """Colour a view ``[S, S]`` in 0..1 by its heat map in 0..1; where there is no heat it stays grey.

    Returns:
        ``[S, S, 3]`` blue-green-red, as OpenCV writes it.
    """
    grey = np.repeat(np.round(np.clip(view, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
    colours = cv2.applyColorMap(np.round(np.clip(heat, 0, 1) * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    share = _STRENGTH * np.clip(heat, 0, 1)[..., None]
    return np.asarray(np.round((1 - share) * grey + share * colours), dtype=np.uint8)


def sheet(
    views: Sequence[NDArray[np.floating]],
    heats: Sequence[NDArray[np.floating]],
    pairs_per_row: int,
    outlines: Sequence[NDArray[np.floating]] | None = None,
) -> Picture:
    """Lay out each view with its overlay beside it, row after row; with a line around the places of ``outlines``."""
    shown = list(map(_legible, views))
    coloured = [overlay(view, _legible(heat)) for view, heat in zip(shown, heats, strict=True)]
    if outlines is not None:
        coloured = [outlined(picture, _legible(where)) for picture, where in zip(coloured, outlines, strict=True)]
    pairs = [
        np.concatenate([overlay(view, np.zeros_like(view)), picture], axis=1)
        for view, picture in zip(shown, coloured, strict=True)
    ]
    height, width = pairs[0].shape[:2]
    rows, columns = -(-len(pairs) // pairs_per_row), min(len(pairs), pairs_per_row)
    page = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, 3), 255, dtype=np.uint8)
    for place, pair in enumerate(pairs):
        top, left = place // pairs_per_row * (height + _GAP), place % pairs_per_row * (width + _GAP)
        page[top : top + height, left : left + width] = pair
    return page


def _legible(picture: NDArray[np.floating]) -> NDArray[np.floating]:
    times = -(-_LEAST_SIDE // picture.shape[0])
    return (
        np.asarray(cv2.resize(picture, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC))
        if times > 1
        else picture
    )


def outlined(picture: Picture, where: NDArray[np.floating]) -> Picture:
    """Draw a line around the places ``[S, S]`` that are more than half covered."""
    contours, _ = cv2.findContours((np.asarray(where) > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(picture.copy(), contours, -1, _OUTLINE, 1), dtype=np.uint8)
