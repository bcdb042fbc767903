"""A held clip whose fan a person has drawn: blanked by it, cleaned again, checked again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from sonosift.cohort.geometry import FrameGeometry
from sonosift.cohort.held import HeldClip, HeldClips, HeldWriter
from sonosift.errors import SonosiftError
from sonosift.ingest.picture_options import rescaled
from sonosift.privacy.clip_cleaner import ClipCleaner, Overlay
from sonosift.privacy.fan_polygon import BETWEEN_POLYGONS, mask_of, separate_polygons
from sonosift.privacy.independent_check import doubt_about

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

REDRAWN = "fan_drawn"
"""Reason code of a clip that waits only to be let in: a person drew its fan, and no doubt is left."""

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def read_fan(file: Path) -> list[int]:
    """Read a polygon in pixels of the source's screen: ``[[x, y], …]`` or ``[x0, y0, x1, y1, …]``."""
    example = 'Write the corners in source pixels: {"polygon": [[120, 60], [520, 60], [600, 430], [40, 430]]}'
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        corners = content["polygon"] if isinstance(content, dict) else content
        flat = [int(number) for corner in corners for number in (corner if isinstance(corner, list) else [corner])]
    except FileNotFoundError:
        raise SonosiftError(f"there is no fan at {file}", example) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise SonosiftError(f"{file} holds no polygon", example) from None
    polygons = list(separate_polygons(flat)) if len(flat) % 2 == 0 else []
    if not polygons or any(len(polygon) < 3 for polygon in polygons):
        raise SonosiftError(f"{file} holds {len(flat)} numbers, not the corners of a polygon", example)
    return flat


def redraw_fan(cohort: Cohort, clip: HeldClip, polygon: Sequence[int]) -> HeldClip:
    """Make the held clip anew with this fan, and return it as it waits now; nothing enters the cohort here."""
    screen = clip.source(0)
    mask = _mask_in(screen, polygon, clip)
    rows_with, columns_with = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = (slice(rows_with[0], rows_with[-1] + 1), slice(columns_with[0], columns_with[-1] + 1))
    corner = clip.corner[0] + int(columns_with[0]), clip.corner[1] + int(rows_with[0])
    crops, inside = _Crops(clip, mask, window), mask[window]
    made_by = cohort.settings.preprocessing
    cleaner = ClipCleaner(remove_calipers=not made_by.get("keep_calipers"))
    overlay = cleaner.study(crops, inside, screen, corner)
    cleaned = _Cleaned(crops, overlay)
    doubt = doubt_about(cleaned, inside)
    box = (*corner, corner[0] + inside.shape[1], corner[1] + inside.shape[0])
    row = clip.rows[0]
    geometry = FrameGeometry.around(
        box, cohort.settings.frame_shape, (row["source_height"], row["source_width"]), row.get("mm_per_pixel")
    )
    held = HeldClips(cohort)
    # The whole pictures are kept: the next attempt may draw the fan wider.
    with HeldWriter(held.path, clip.clip, doubt.code.lower() if doubt else REDRAWN, corner=clip.corner) as writer:
        for position, (old, crop) in enumerate(zip(clip.rows, cleaned, strict=True)):
            altered = overlay.altered(position) & inside
            facts = {
                "crop_x": box[0],
                "crop_y": box[1],
                "crop_w": geometry.crop_w,
                "crop_h": geometry.crop_h,
                "scale": geometry.scale,
                "pad_x": geometry.pad_x,
                "pad_y": geometry.pad_y,
                "fan_confidence": 1.0,
                "fan_outline": list(polygon),
                "is_dual": len(list(separate_polygons(polygon))) > 1,
                "altered_share": round(float(altered.sum() / inside.sum()), 6),
                "mean_brightness": round(float(crop[inside].mean()), 3),
            }
            content = rescaled(crop) if made_by.get("rescale_intensity") else crop
            writer.add(old | facts, clip.source(position), geometry.letterboxed(content, cohort.settings.frame_shape))
    return held.clip(clip.clip)


def _mask_in(screen: Image, polygon: Sequence[int], clip: HeldClip) -> Mask:
    """Draw the fan on the part of the screen that is kept, or say that it reaches beyond."""
    height, width = screen.shape[:2]
    corners = np.concatenate(list(separate_polygons(polygon))) - clip.corner
    if (corners < 0).any() or (corners >= (width, height)).any():
        x, y = clip.corner
        raise SonosiftError(
            f"the fan reaches beyond the kept picture of clip {clip.clip}",
            f"The kept picture spans x {x} to {x + width - 1} and y {y} to {y + height - 1} of the source.",
        )
    shifted: list[int] = []
    for part in separate_polygons(polygon):
        shifted += [*(BETWEEN_POLYGONS if shifted else ()), *(part - clip.corner).ravel().tolist()]
    return mask_of(shifted, height, width)


class _Crops(Sequence[Image]):
    """The held pictures, cut to the fan's box and black outside it, read one at a time."""

    def __init__(self, clip: HeldClip, mask: Mask, window: tuple[slice, slice]) -> None:
        self._clip, self.inside, self._window = clip, mask[window], window

    def __len__(self) -> int:
        return len(self._clip.rows)

    @overload
    def __getitem__(self, place: int) -> Image: ...
    @overload
    def __getitem__(self, place: slice) -> list[Image]: ...
    def __getitem__(self, place: int | slice) -> Image | list[Image]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        crop = self._clip.source(place % len(self))[self._window].copy()
        crop[~self.inside] = 0
        return crop


class _Cleaned(Sequence[Image]):
    """The crops after cleaning, computed when asked for."""

    def __init__(self, crops: _Crops, overlay: Overlay) -> None:
        self._crops, self._overlay = crops, overlay

    def __len__(self) -> int:
        return len(self._crops)

    @overload
    def __getitem__(self, place: int) -> Image: ...
    @overload
    def __getitem__(self, place: slice) -> list[Image]: ...
    def __getitem__(self, place: int | slice) -> Image | list[Image]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        cleaned: Image = self._overlay.clean(place, self._crops[place])
        # Painting may not bring light back beyond the fan.
        return np.where(self._crops.inside, cleaned, 0).astype(np.uint8)

    def __iter__(self) -> Iterator[Image]:
        return (self[place] for place in range(len(self)))
