"""Every stored frame looked at again: pixels outside the fan, and what the independent check takes for writing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.picture_sequence import PictureSequence
from sonosift.cohort.geometry import FrameGeometry
from sonosift.privacy.fan_polygon import mask_of
from sonosift.privacy.independent_check import doubt_about

if TYPE_CHECKING:
    import polars as pl

    from sonosift.cohort.cohort import Cohort

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

OUTSIDE = "outside_the_fan"
_OUTLINE_SPREAD = 3
"""Pixels of the source by which the corners of a stored outline may cut into the fan."""


@dataclass(frozen=True)
class FrameDoubt:
    """A stored frame that may show more than tissue.

    Attributes:
        frame_id: Which frame.
        clip: Its clip.
        sign: ``outside_the_fan``, ``writing``, ``still_writing``, or ``text_read``.
        score: How sure, in the units of the sign.
        box: Where in the stored frame (x0, y0, x1, y1), right and bottom exclusive.
        text: What was read there.
        is_identity: Whether the text is one of those that were searched for.
    """

    frame_id: str
    clip: str
    sign: str
    score: float
    box: Box
    text: str = ""
    is_identity: bool = False


@dataclass(frozen=True)
class ClipFrames:
    """The stored frames of a clip, read one at a time; its fan, and how far scaling may have spread its edge."""

    frame_ids: list[str]
    clip: str
    frames: Sequence[Image]
    fan: Mask
    reach: Mask


def clips_of(cohort: Cohort) -> Iterator[ClipFrames]:
    """Yield every clip of a cohort in the order of the catalog."""
    catalog = cohort.catalog().with_row_index("place")
    for rows in catalog.partition_by("clip", maintain_order=True):
        fan, reach = _fan_in_frame(rows.row(0, named=True), cohort.settings.frame_shape)
        yield ClipFrames(rows["frame_id"].to_list(), rows["clip"][0], _Stored(cohort, rows["place"]), fan, reach)


def doubts_about(clip: ClipFrames) -> list[FrameDoubt]:
    """Return what is doubtful about a clip: bright pixels outside the fan, frame by frame, and writing inside it."""
    found = []
    for position, frame in enumerate(clip.frames):
        lit = (frame > 0) & ~clip.reach
        if lit.any():
            found.append(FrameDoubt(clip.frame_ids[position], clip.clip, OUTSIDE, float(lit.sum()), _box_around(lit)))
    doubt = doubt_about(_Blanked(clip.frames, clip.fan), clip.fan)
    if doubt is not None:
        frame_id = clip.frame_ids[doubt.position]
        found.append(FrameDoubt(frame_id, clip.clip, doubt.code.lower(), doubt.score, doubt.box))
    return found


def _fan_in_frame(row: dict[str, Any], shape: tuple[int, int]) -> tuple[Mask, Mask]:
    """Draw the fan into the stored frame, and a little wider: scaling has mixed the pixels along its edge."""
    geometry = FrameGeometry.of_row(row)
    outline = list(row.get("fan_outline") or ())
    source = (geometry.source_height, geometry.source_width)
    fan = mask_of(outline, *source) if outline else np.ones(source, dtype=bool)
    placed = geometry.mask_to_frame(fan, shape).astype(np.uint8)
    spread = math.ceil(geometry.scale * (_OUTLINE_SPREAD if outline else 1)) + 1
    wider = cv2.dilate(placed, np.ones((2 * spread + 1, 2 * spread + 1), np.uint8)) > 0
    return placed > 0, np.asarray(wider, dtype=bool)


def _box_around(lit: Mask) -> Box:
    rows, columns = np.flatnonzero(lit.any(1)), np.flatnonzero(lit.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


class _Stored(PictureSequence):
    def __init__(self, cohort: Cohort, places: pl.Series) -> None:
        self._frames, self._places = cohort.frames, places.to_numpy().astype(np.int64)

    def __len__(self) -> int:
        return len(self._places)

    def picture(self, position: int) -> Image:
        found: Image = self._frames.read_places(self._places[position : position + 1])[0]
        return found


class _Blanked(PictureSequence):
    """Frames cut off at the edge of the fan; what lies beyond has been counted on its own."""

    def __init__(self, frames: Sequence[Image], fan: Mask) -> None:
        self._frames, self._fan = frames, fan

    def __len__(self) -> int:
        return len(self._frames)

    def picture(self, position: int) -> Image:
        return np.where(self._fan, self._frames[position], 0).astype(np.uint8)
