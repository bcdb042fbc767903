"""One clip from its file to clean squares, in a child: decode, find the fan, blank, scale, describe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import cv2

from sonosift.archive.clip import ClipHeader, Frame
from sonosift.archive.colour_flow import has_colour_flow
from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.ingest.clip_job import Decoded, DecodeJob, WorkerSettings
from sonosift.ingest.letterbox import Letterbox
from sonosift.machine import atomic
from sonosift.privacy.blanking import blanked_crop
from sonosift.privacy.fan import TRUSTED, Fan, find_fan
from sonosift.privacy.header_allow_list import clean_facts
from sonosift.privacy.pseudonyms import Pseudonyms

FRAMES_FOR_THE_FAN = 12


def decode_clip(job: DecodeJob, settings: WorkerSettings) -> Decoded:
    """Write the clip's frames to a spool file and return their catalog rows, or the reason why not."""
    path = Path(job.path)
    spool = Path(settings.spool) / f"{job.clip}.raw"
    try:
        clip = open_clip(path)
        frames = _same_size(clip.frames(settings.clip_rate_hz))
        first = list(islice(frames, FRAMES_FOR_THE_FAN))
        if not first:
            return Decoded(reason=Reason.NO_PIXELS)
        fan = find_fan([frame.grey for frame in first], clip.header.regions)
        everything = chain(first, frames)
        describe = _Describer(job, settings, clip.header)
        if fan is None or fan.confidence < TRUSTED:
            result = Decoded(held_frames=_hold(everything, describe, fan, Path(settings.held)))
        else:
            result = Decoded(rows=_spooled(everything, describe, fan, spool), spool_file=str(spool))
    except Unreadable as error:
        spool.unlink(missing_ok=True)
        return Decoded(reason=error.reason)
    found = path.stat()
    if (found.st_mtime_ns, found.st_size) != (job.modified_ns, job.bytes):
        spool.unlink(missing_ok=True)
        return Decoded(reason=Reason.CHANGED_WHILE_READING)
    return result


class _Describer:
    """Writes catalog rows: what is the same for the whole clip is worked out once."""

    def __init__(self, job: DecodeJob, settings: WorkerSettings, header: ClipHeader) -> None:
        self._pseudonyms = Pseudonyms(bytes.fromhex(settings.key_hex))
        self._job = job
        self.size = settings.size
        facts = clean_facts(header, settings.study_table)
        self._shared: dict[str, Any] = {
            "clip": job.clip,
            "exam": job.exam,
            "patient": job.patient,
            "transducer": facts.transducer,
            "study_groups": facts.study_groups,
            "machine": facts.machine,
            "burnt_in_label": None,
            "mm_per_pixel": facts.mm_per_pixel,
        }

    def frame_id(self, index: int) -> str:
        return self._pseudonyms.frame(self._job.instance, index)

    def row(self, frame: Frame, fan: Fan, placed: Letterbox) -> dict[str, Any]:
        height, width = frame.grey.shape
        return self._shared | {
            "frame_id": self.frame_id(frame.index),
            "index_in_clip": frame.index,
            "time_s": round(frame.time_s, 4),
            "source_height": height,
            "source_width": width,
            "crop_x": placed.crop_x,
            "crop_y": placed.crop_y,
            "crop_w": placed.crop_w,
            "crop_h": placed.crop_h,
            "scale": placed.scale,
            "pad_x": placed.pad_x,
            "pad_y": placed.pad_y,
            "fan_confidence": fan.confidence,
            "is_doppler": has_colour_flow(frame.rgb, fan.mask),
            "mean_brightness": round(float(frame.grey[fan.mask].mean()), 3),
            "needs_review": False,
        }


def _spooled(frames: Iterator[Frame], describe: _Describer, fan: Fan, spool: Path) -> list[dict[str, Any]]:
    placed = Letterbox.around(fan.box, describe.size)
    rows = []
    with spool.open("wb") as handle:
        for frame in frames:
            handle.write(placed.apply(blanked_crop(frame.grey, fan)).tobytes())
            rows.append(describe.row(frame, fan, placed))
    return rows


def _hold(frames: Iterator[Frame], describe: _Describer, fan: Fan | None, held: Path) -> int:
    """Keep whole frames in the private folder until a person has drawn or confirmed their fan."""
    entries = []
    for frame in frames:
        frame_id = describe.frame_id(frame.index)
        _, encoded = cv2.imencode(".png", frame.grey)
        atomic.write_bytes(held / f"{frame_id}.png", encoded.tobytes())
        height, width = frame.grey.shape
        unsure = fan or Fan(frame.grey > -1, (0, 0, width, height), 0.0)
        row = describe.row(frame, unsure, Letterbox.around(unsure.box, describe.size))
        entries.append(row | {"needs_review": True})
    clip = entries[0]["clip"]
    atomic.write_text(held / f"{clip}.json", json.dumps(entries, indent=1))
    return len(entries)


def _same_size(frames: Iterator[Frame]) -> Iterator[Frame]:
    shape = None
    for frame in frames:
        shape = shape or frame.grey.shape
        if frame.grey.shape != shape:
            raise Unreadable(Reason.BROKEN_PIXELS)
        yield frame
