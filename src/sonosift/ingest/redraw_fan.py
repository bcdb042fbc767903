"""A held clip whose fan a person has drawn: blanked by it, cleaned again, checked again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from sonosift.archive.clip import Image
from sonosift.cohort.held import HeldClip, HeldClips, HeldWriter
from sonosift.errors import SonosiftError
from sonosift.ingest.catalog_rows import place_of
from sonosift.ingest.clean_crops import Cleaning, clean_crops
from sonosift.ingest.clip_job import WorkerSettings
from sonosift.ingest.crop_spool import CropSpool
from sonosift.ingest.settings import label_dictionary
from sonosift.ingest.stored_frames import StoredFrames
from sonosift.privacy.blanking import blanked_crop
from sonosift.privacy.fan_polygon import drawn_fan, separate_polygons

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

REDRAWN = "fan_drawn"
"""Reason code of a clip that waits only to be let in: a person drew its fan, and no doubt is left."""


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
    _check_place(clip, polygon)
    screen = _on_screen(clip, 0)
    fan = drawn_fan(polygon, screen.shape)
    x0, y0, x1, y1 = fan.box
    held = HeldClips(cohort)
    with TemporaryDirectory(dir=cohort.private_path) as folder, ExitStack() as spools:
        settings = _made_as(cohort, folder)
        crops, cleaned = (spools.enter_context(CropSpool(Path(folder) / name)) for name in ("crops", "cleaned"))
        for position in range(len(clip.rows)):
            crops.append(blanked_crop(_on_screen(clip, position), fan))
        cleaning = clean_crops(crops, cleaned, fan.mask[y0:y1, x0:x1], screen, (x0, y0), settings)
        whole = len(cleaned) == len(crops)
        frames = StoredFrames(cleaned if whole else crops, fan, settings)
        place = place_of(fan, frames.geometry) | {"fan_outline": list(polygon)}
        labels = _labels(cleaning)
        # The whole pictures are kept: the next attempt may draw the fan wider.
        with HeldWriter(held.path, clip.clip, cleaning.doubt or REDRAWN, corner=clip.corner) as writer:
            for position, (old, share) in enumerate(zip(clip.rows, cleaning.altered_shares, strict=True)):
                brightness, stored = frames.frame(position)
                measured = {"mean_brightness": round(brightness, 3), "altered_share": round(share, 6)}
                row = old | place | labels | measured
                writer.add(row, clip.source(position), stored if whole else None)
    return held.clip(clip.clip)


def _made_as(cohort: Cohort, folder: str) -> WorkerSettings:
    """Return what the frames of the cohort have in common, as a decoding child is told it."""
    made_by = cohort.settings.preprocessing
    return WorkerSettings(
        key_hex="",  # nothing is named here: the rows have their names
        frame_shape=cohort.settings.frame_shape,
        clip_rate_hz=float(made_by.get("clip_rate_hz") or 0),
        study_table="",
        spool=folder,
        held=str(HeldClips(cohort).path),
        label_dictionary=label_dictionary(cohort),
        keep_calipers=bool(made_by.get("keep_calipers")),
        rescale_intensity=bool(made_by.get("rescale_intensity")),
        crop_border=bool(made_by.get("crop_border")),
    )


def _labels(cleaning: Cleaning) -> dict[str, str]:
    """Return what the operator's words mean.

    Where nothing is read now, what ingest read stays: it saw the whole screen, of which the fan's box may be all that
    was kept.
    """
    read = {"burnt_in_label": cleaning.label, "burnt_in_view": cleaning.view}
    return {column: name for column, name in read.items() if name is not None}


def _check_place(clip: HeldClip, polygon: Sequence[int]) -> None:
    """Refuse a fan that reaches beyond the part of the screen that is kept."""
    height, width = clip.source(0).shape[:2]
    corners = np.concatenate(list(separate_polygons(polygon))) - clip.corner
    if (corners < 0).any() or (corners >= (width, height)).any():
        x, y = clip.corner
        raise SonosiftError(
            f"the fan reaches beyond the kept picture of clip {clip.clip}",
            f"The kept picture spans x {x} to {x + width - 1} and y {y} to {y + height - 1} of the source.",
        )


def _on_screen(clip: HeldClip, position: int) -> Image:
    """Return a held picture at its place on the source's screen, which is black where nothing was kept."""
    picture, (x, y) = clip.source(position), clip.corner
    screen = np.zeros((clip.rows[0]["source_height"], clip.rows[0]["source_width"]), dtype=np.uint8)
    screen[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return screen
