"""How fast a cohort answers: writing, random reads, catalog, annotations, splits, near-duplicates.

Run: ``python benchmarks/cohort_speed.py --frames 20000 --size 256``. The table goes to standard output.
Frames are random pictures; the file cache is warm, as it is while a cohort that fits into memory is trained on.
A busy machine is refused, unless ``--even-if-busy``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.near_duplicates import update_near_duplicates
from sonosift.cohort.writer import CohortWriter
from sonosift.machine import progress

PER_CLIP, PER_PATIENT = 4, 24


def _rows(start: int, count: int, size: int) -> list[dict[str, object]]:
    return [
        {
            "frame_id": f"{number * 2654435761 % 2**32:032x}",
            "clip": f"c{number // PER_CLIP:031x}",
            "exam": f"e{number // (PER_PATIENT // 2):031x}",
            "patient": f"p{number // PER_PATIENT:031x}",
            "index_in_clip": number % PER_CLIP,
            "source_height": size,
            "source_width": size,
            "crop_x": 0,
            "crop_y": 0,
            "crop_w": size,
            "crop_h": size,
            "scale": 1.0,
            "pad_x": 0,
            "pad_y": 0,
            "mean_brightness": 90.0,
        }
        for number in range(start, start + count)
    ]


def _write(cohort: Cohort, frames: int, size: int) -> None:
    rng = np.random.default_rng(0)
    coarse = size // 16
    with CohortWriter(cohort) as writer:
        for start in range(0, frames, 64):
            count = min(64, frames - start)
            pictures = rng.integers(0, 256, (count, coarse, coarse), dtype=np.uint8)
            writer.append(np.kron(pictures, np.ones((1, 16, 16), dtype=np.uint8)), _rows(start, count, size))


def _timed(name: str, count: int, unit: str, work: Callable[[], object]) -> None:
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(f"{name:<38} {seconds:9.3f} s {count / seconds:12,.0f} {unit}/s", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--folder", type=Path, default=None, help="where to write; a temporary folder by default")
    parser.add_argument("--even-if-busy", action="store_true")
    given = parser.parse_args()
    progress.set_quiet(True)
    frames, size = given.frames, given.size
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    print(f"{frames:,} frames of {size} x {size}, load {load:.1f} on {cores} cores")
    if load > 0.5 * cores and not given.even_if_busy:
        raise SystemExit("This machine is busy: times would say nothing. Wait, or give --even-if-busy.")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        cohort = Cohort.create(Path(folder) / "cohort", size=size)
        _timed("write and commit", frames, "frames", lambda: _write(cohort, frames, size))
        opened = Cohort.open(cohort.path)
        _timed("open and read the catalog", frames, "rows", opened.catalog)
        ids = opened.frames.frame_ids
        wanted = [ids[place] for place in np.random.default_rng(1).integers(0, frames, 10_000)]
        _timed("read 10,000 random frames, first time", 10_000, "frames", lambda: opened.frames.read(wanted))
        _timed("read 10,000 random frames, again", 10_000, "frames", lambda: opened.frames.read(wanted))
        batches = [wanted[start : start + 200] for start in range(0, 10_000, 200)]
        _timed("the same in batches of 200", 10_000, "frames", lambda: [opened.frames.read(part) for part in batches])
        said = [
            Annotation(target_kind="frame", target_id=name, names=("liver",), author="a", source="csv") for name in ids
        ]
        _timed("add annotations", frames, "rows", lambda: opened.annotations.add_many(said))
        _timed("label matrix of all frames", frames, "rows", lambda: opened.annotations.label_matrix(ids))
        _timed("make a split", frames, "frames", opened.splits.make)
        _timed("find near-duplicates", frames, "frames", lambda: update_near_duplicates(opened))


if __name__ == "__main__":
    main()
