"""The images of the speed tables: simulated scans, once as a cohort's shards and once as files in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from sonosift.batches.sampler import Rows
from sonosift.cohort.frame_store import FrameStore, write_shard
from sonosift.phantom.anatomy.body import draw_body
from sonosift.phantom.scanning.acquisition import acquire
from sonosift.phantom.scanning.scanner import SCANNERS
from sonosift.phantom.scanning.views import VIEW_NAMES

SIDE = 256
PER_SHARD = 256
FILES = "files"


def simulate(count: int) -> NDArray[np.uint8]:
    """Return ``[count, 256, 256]`` stills of the phantom's views and machines in turn."""
    rng = np.random.default_rng(0)
    bodies = [draw_body(rng) for _ in range(8)]
    return np.stack(
        [
            acquire(bodies[i % 8], VIEW_NAMES[i % len(VIEW_NAMES)], SCANNERS[i % len(SCANNERS)], rng, frames=1)
            .frames[0]
            .image
            for i in range(count)
        ]
    )


def write(folder: Path, frames: NDArray[np.uint8]) -> None:
    """Write the frames both ways: shards, and PNG files (lossless, so that both pipelines see the same pixels)."""
    (folder / "frames").mkdir(parents=True)
    (folder / FILES).mkdir()
    for start in range(0, len(frames), PER_SHARD):
        write_shard(folder, start // PER_SHARD, frames[start : start + PER_SHARD])
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / FILES / f"{number:06d}.png")


def store(folder: Path, count: int) -> FrameStore:
    """Open the shards."""
    catalog = pl.DataFrame(
        {
            "frame_id": [f"{number:032x}" for number in range(count)],
            "shard": [number // PER_SHARD for number in range(count)],
            "row": [number % PER_SHARD for number in range(count)],
        }
    )
    return FrameStore(folder, (SIDE, SIDE), catalog)


def rows(count: int, frames_per_exam: int) -> Rows:
    """Say which frames belong together: exams of so many frames."""
    exams = [f"{number // frames_per_exam:06d}" for number in range(count)]
    return Rows(exams, exams, [number % frames_per_exam for number in range(count)])
