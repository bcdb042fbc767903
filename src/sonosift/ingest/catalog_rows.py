"""What the catalog says of a clip and of each of its frames."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sonosift.archive.clip import ClipHeader, Frame
from sonosift.archive.colour_flow import NO_COLOUR, RedAndBlue, red_and_blue
from sonosift.cohort.geometry import FrameGeometry
from sonosift.ingest.clip_job import DecodeJob, WorkerSettings
from sonosift.privacy.fan import Fan, Mask
from sonosift.privacy.fan_polygon import polygon_of
from sonosift.privacy.header_allow_list import clean_facts
from sonosift.privacy.pseudonyms import Pseudonyms

Row = dict[str, Any]


@dataclass(frozen=True)
class FrameFacts:
    """What is noted of a frame while it is decoded, before the next one replaces it in memory."""

    index: int
    time_s: float
    colour: RedAndBlue


def facts_of(frame: Frame, fan: Fan | None) -> FrameFacts:
    """Note what only the decoded frame in colour tells; places count from the corner of the fan's box."""
    colour = NO_COLOUR
    if fan is not None and frame.rgb is not None:
        x0, y0, x1, y1 = fan.box
        colour = red_and_blue(frame.rgb[y0:y1, x0:x1], fan.mask[y0:y1, x0:x1])
    return FrameFacts(frame.index, round(frame.time_s, 4), colour)


class CatalogRows:
    """Writes the rows of one clip.

    Attributes:
        shared: Columns that are the same for all its frames.
    """

    def __init__(self, job: DecodeJob, settings: WorkerSettings, header: ClipHeader) -> None:
        self._pseudonyms = Pseudonyms(bytes.fromhex(settings.key_hex))
        self._instance = job.instance
        facts = clean_facts(header, settings.study_table)
        self.shared: Row = {
            "clip": job.clip,
            "exam": job.exam,
            "patient": job.patient,
            "transducer": facts.transducer,
            "study_groups": facts.study_groups,
            "machine": facts.machine,
            "mm_per_pixel": facts.mm_per_pixel,
            "exam_day": self._pseudonyms.shifted_day(job.patient, header.study_date),
            "needs_review": False,
        }

    def place(self, fan: Fan | None, geometry: FrameGeometry) -> None:
        """Note where the picture lies on the screen and in the frame."""
        self.shared |= place_of(fan, geometry)

    def label(self, name: str | None, view: str | None) -> None:
        """Note what the operator's text in the picture means."""
        self.shared |= {"burnt_in_label": name, "burnt_in_view": view}

    def row(self, facts: FrameFacts, brightness: float, altered_share: float = 0.0, written: Mask | None = None) -> Row:
        """Return the columns that differ from frame to frame; ``written`` is what was painted over in the fan's box."""
        return {
            "frame_id": self._pseudonyms.frame(self._instance, facts.index),
            "index_in_clip": facts.index,
            "time_s": facts.time_s,
            "is_doppler": facts.colour.is_flow(written),
            "mean_brightness": round(brightness, 3),
            "altered_share": round(altered_share, 6),
        }


def place_of(fan: Fan | None, geometry: FrameGeometry) -> Row:
    """Return the columns that tell where the picture lies on the screen and in the frame."""
    numbers = {field.name: getattr(geometry, field.name) for field in fields(geometry)}
    numbers.pop("mm_per_pixel")
    return numbers | {
        "fan_confidence": 0.0 if fan is None else fan.confidence,
        "fan_outline": [] if fan is None else polygon_of(fan.mask),
        "is_dual": fan is not None and fan.parts > 1,
    }


def brightness_of(picture: np.ndarray[Any, np.dtype[np.uint8]], mask: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
    """Return the mean grey value under a mask, 0 under an empty one."""
    return float(picture[mask].mean()) if mask.any() else 0.0
