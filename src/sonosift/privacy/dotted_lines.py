"""Dotted lines, as machines draw them between the marks of a measurement: dots too small to be strokes, evenly apart.

A dot is brighter than everything three pixels away from it. Speckle has such peaks too, but not in a row.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_RISE = 10
"""Grey levels by which a dot is brighter than the brightest pixel three steps away."""
_NEAREST, _FARTHEST, _ASIDE = 3.0, 20.0, 1.5
_STRAIGHT, _EVEN = 0.05, 0.15
_FEWEST_DOTS, _MOST_DOTS = 6, 1000
_NEAR = np.ones((5, 5), dtype=np.uint8)
_AWAY = np.ones((7, 7), dtype=np.uint8)
_AWAY[1:6, 1:6] = 0


def find_dotted_lines(picture: Image, inside: Mask) -> Mask:
    """Return the dots of all dotted lines, with their soft edges."""
    found = np.zeros(picture.shape, dtype=np.uint8)
    places = _dots(picture, inside)
    for x, y in places[_in_lines(places)].round().astype(int):
        found[y, x] = 1
    return np.asarray(cv2.dilate(found, _NEAR) > 0, dtype=bool)


def _dots(picture: Image, inside: Mask) -> NDArray[np.float64]:
    """Return the middles (x, y) of all dots, none where there are too many to be drawn."""
    is_peak = inside & (picture == cv2.dilate(picture, _NEAR))
    rise = cv2.subtract(picture, np.asarray(cv2.dilate(picture, _AWAY), dtype=np.uint8))
    peaks = (is_peak & (np.asarray(rise) >= _RISE)).astype(np.uint8)
    count, _, _, middles = cv2.connectedComponentsWithStats(peaks, connectivity=8)
    return middles[1:] if count <= _MOST_DOTS else np.zeros((0, 2))


def _in_lines(places: NDArray[np.float64]) -> Mask:
    """Say which of the dots are one of at least six that follow each other straight on in equal steps."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    chosen = np.zeros(len(places), dtype=bool)
    if len(places) < _FEWEST_DOTS:
        return chosen
    tree = cKDTree(places)
    pairs = tree.query_pairs(_FARTHEST, output_type="ndarray")
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    step = places[pairs[:, 1]] - places[pairs[:, 0]]
    far = np.hypot(step[:, 0], step[:, 1]) >= _NEAREST
    pairs, step = pairs[far], step[far]
    aside, third = tree.query(places[pairs[:, 1]] + step, distance_upper_bound=_ASIDE)
    goes_on = np.flatnonzero(np.isfinite(aside))
    number = {(int(one), int(two)): index for index, (one, two) in enumerate(pairs)}
    following = np.array([number.get((int(pairs[at, 1]), int(third[at])), at) for at in goes_on], dtype=np.intp)
    links = coo_array((np.ones(len(goes_on), dtype=bool), (goes_on, following)), (len(pairs), len(pairs)))
    count, line = connected_components(links, directed=False)
    for name in np.flatnonzero(np.bincount(line, minlength=count) >= _FEWEST_DOTS - 1):
        own = line == name
        middle = places[pairs[own]].reshape(-1, 2)
        spread = np.linalg.svd(middle - middle.mean(axis=0), compute_uv=False)
        along = np.hypot(*step[own].T)
        if spread[1] <= _STRAIGHT * spread[0] and along.std() <= _EVEN * along.mean():
            chosen[pairs[own].ravel()] = True
    return chosen
