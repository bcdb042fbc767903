"""Reads a simulated hospital back: each clip as the readers decode it, beside what is true of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.archive.clip import ClipHeader, Frame
from sonosift.archive.open_clip import open_clip

CLIP_RATE_HZ = 3.0


@dataclass(frozen=True)
class PhantomClip:
    """A file of the simulated hospital.

    ``texts`` are ``(text, x0, y0, x1, y1, inside_fan)`` in source pixels; ``fan`` is None on pages without a picture.
    """

    name: str
    scanner: str
    kind: str
    header: ClipHeader
    frames: list[Frame]
    fan: NDArray[np.bool_] | None
    fan_kind: str | None
    texts: list[tuple[str, int, int, int, int, bool]]
    is_doppler: bool


def phantom_clips(hospital: Path, *, most_frames: int, every: int = 1) -> Iterator[PhantomClip]:
    """Yield each readable file of a ``sonosift phantom`` folder, or each ``every``-th.

    Members of zips are left out, and files whose names are not UTF-8: the table spells those otherwise than the disk.
    """
    files = pl.read_parquet(hospital / "truth" / "files.parquet").filter(pl.col("state") == "ok")
    if "member" in files.columns:
        files = files.filter((pl.col("member") == "") & ~pl.col("file").str.contains("\\x", literal=True))
    rows = pl.read_parquet(hospital / "truth" / "frames.parquet").filter(pl.col("index_in_clip") == 0)
    truth = {row["file"]: row for row in rows.iter_rows(named=True)}
    for name in files["file"].to_list()[::every]:
        clip = open_clip(hospital / "archive" / name)
        frames = list(islice(clip.frames(CLIP_RATE_HZ), most_frames))
        row = truth[name]
        fan = json.loads(row["fan"]) if row["fan"] else None
        yield PhantomClip(
            name=name,
            scanner=row["scanner"],
            kind=row["kind"],
            header=clip.header,
            frames=frames,
            fan=None if fan is None else drawn_fan(fan, *frames[0].grey.shape),
            fan_kind=None if fan is None else fan["kind"],
            texts=[tuple(text) for text in json.loads(row["text_boxes"])],
            is_doppler=row["is_doppler"],
        )


def drawn_fan(fan: dict[str, Any], height: int, width: int) -> NDArray[np.bool_]:
    """Draw the fan of the truth table on a screen of this size."""
    if fan["kind"] == "dual":
        return np.logical_or.reduce([drawn_fan(part, height, width) for part in fan["parts"]])
    y, x = np.mgrid[0:height, 0:width]
    right, down = x - fan["apex_x"], y - fan["apex_y"]
    if fan["kind"] == "linear":
        mask = (np.abs(right) <= fan["half_width"]) & (down >= 0) & (down <= fan["depth"])
    else:
        away, angle = np.hypot(right, down), np.arctan2(right, down)
        mask = (away >= fan["radius"]) & (away <= fan["radius"] + fan["depth"]) & (np.abs(angle) <= fan["half_angle"])
    x0, y0, x1, y1 = fan["box"]
    return mask & (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
