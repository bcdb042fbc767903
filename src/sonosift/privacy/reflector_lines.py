"""Bright thin echoes that are no strokes: a skull, a diaphragm, layers of fat, a needle.

Ink has one grey along its whole length and falls to the ground at once. A reflector is as bright and as thin, but its
grey changes along it, or it fades on its way to the ground. Only pieces that are one line are judged: letters that
touch are several strokes side by side, and go on being what they are.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.grey_cuts import GreyCut

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_SHORTEST, _THICKEST, _MOST_SIDES = 24, 7, 2
_SHORTEST_TIP, _MOSTLY = 12, 0.9
_PEAK = np.ones((5, 5), dtype=np.uint8)
_UNEVEN_LEVELS, _UNEVEN_SHARE = 5.0, 0.064
"""Spread of grey along a line, in levels and as a share of those above the cut (even greys would have 0.29 of them)."""
_FADES = 0.25
_NEAR, _FAR = 4, 7
_MARGIN = _FAR + 1


def reflectors(cut: GreyCut, chosen: Mask, picture: Image, inside: Mask, known: Mask) -> Mask:
    """Say which of the ``chosen`` pieces of a cut are echoes rather than drawn lines.

    Args:
        cut: Of the picture.
        chosen: Pieces that could be strokes.
        picture: In grey.
        inside: The fan.
        known: Pixels of the reflectors at lower levels: what is left of one at this level is one, too.
    """
    answer = np.zeros(len(chosen), dtype=bool)
    width, height = cut.boxes[:, 2], cut.boxes[:, 3]
    length = np.maximum(width, height)
    thin = np.bincount(cut.own_piece, minlength=len(chosen)) <= _THICKEST * length
    tips = cut.means(cut.own_piece, known.ravel()[cut.own]) > _MOSTLY
    long_enough = length >= np.where(tips, _SHORTEST_TIP, _SHORTEST)
    for piece in np.flatnonzero(chosen & thin & long_enough):
        answer[piece] = _is_reflector(cut, int(piece), picture, inside, is_tip=bool(tips[piece]))
    return answer


def _is_reflector(cut: GreyCut, piece: int, picture: Image, inside: Mask, *, is_tip: bool) -> bool:
    x, y, width, height = (int(number) for number in cut.boxes[piece])
    top, left = max(0, y - _MARGIN), max(0, x - _MARGIN)
    window = np.s_[top : y + height + _MARGIN, left : x + width + _MARGIN]
    greys = picture[window]
    own = np.zeros(greys.shape, dtype=np.uint8)
    rows, columns = np.divmod(cut.own[cut.own_piece == piece], picture.shape[1])
    own[rows - top, columns - left] = 1
    if not _is_one_line(own[y - top : y - top + height, x - left : x - left + width]):
        return False
    if is_tip:
        return True
    along = cv2.dilate(greys, _PEAK)[own > 0]
    if along.std() > max(_UNEVEN_LEVELS, _UNEVEN_SHARE * (255 - cut.level)):
        return True
    ground = inside[window] & (greys < cut.level)
    near = ground & (cv2.dilate(own, _disc(_NEAR)) > 0) & (cv2.dilate(own, _PEAK) == 0)
    far = ground & (cv2.dilate(own, _disc(_FAR)) > 0) & (cv2.dilate(own, _disc(_NEAR)) == 0)
    if not (near.any() and far.any()):
        return False
    fade, fall = greys[near].mean() - greys[far].mean(), along.mean() - greys[near].mean()
    return bool(fade > _FADES * fall)


def _is_one_line(own: NDArray[np.uint8]) -> bool:
    """Say whether a piece has at most two strokes side by side, as a line, an arc or a frame has."""
    across = (np.diff(own.astype(np.int8), axis=1, prepend=0) > 0).sum(axis=1)
    down = (np.diff(own.astype(np.int8), axis=0, prepend=0) > 0).sum(axis=0)
    return bool(max(np.median(across), np.median(down)) <= _MOST_SIDES)


def _disc(radius: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8)
