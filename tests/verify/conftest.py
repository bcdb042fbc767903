"""A small cohort with a run, labels and a split, and the archive it could have been made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.sources import Source
from sonosift.cohort.writer import CohortWriter
from tests.cohort.conftest import KEY, frame_rows

SIDE, FRAMES = 96, 24


def speckle(count: int, *, seed: int = 0) -> np.ndarray:
    """Frames like tissue: smooth noise inside the picture, black around it."""
    import cv2

    draw = np.random.default_rng(seed)
    frames = np.zeros((count, SIDE, SIDE), np.uint8)
    for frame in frames:
        noise = cv2.GaussianBlur(draw.normal(0, 1, (SIDE, SIDE)), (0, 0), 7)
        frame[:] = np.clip(60 + 20 * noise / noise.std(), 1, 255)
    return frames


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    made = Cohort.create(tmp_path / "cohort", size=SIDE, key=KEY, shard_rows=10)
    rows = frame_rows(FRAMES)
    for row in rows:
        row.update(
            patient=f"a{str(row['patient'])[1:]}", crop_x=0, crop_y=0, crop_w=SIDE, crop_h=SIDE, scale=1.0, pad_y=0,
            source_height=SIDE, source_width=SIDE, fan_outline=[0, 0, SIDE - 1, 0, SIDE - 1, SIDE - 1, 0, SIDE - 1],
        )  # fmt: skip
    with CohortWriter(made) as writer:
        writer.append(speckle(FRAMES), rows)
    ids = made.catalog()["frame_id"].to_list()
    made.annotations.add("frame", ids[0], {"liver"}, "ann", "expert")
    made.splits.make({"train": 0.5, "test": 0.5})
    made.quarantine.add([("b" * 32, "truncated")])
    run = made.runs.create("pica", {"method": "pica"}, frame_ids=ids)
    run.save_embeddings(ids, np.random.default_rng(0).normal(size=(FRAMES, 4)).astype(np.float32))
    run.log(step=1, loss=0.5)
    pl.DataFrame({"frame_id": ids, "group": [0] * FRAMES}).write_parquet(run.path / "groups.parquet")
    run.finish()
    clips = made.catalog().select("clip", "patient").unique(maintain_order=True)
    made.private.sources.record(
        Source(f"ACHTERBERG/{place}.dcm", sha256=f"{place:064x}", clip=clip, frames=3, patient=patient)
        for place, (clip, patient) in enumerate(clips.iter_rows())
    )
    return made


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One DICOM file of Josefine Achterberg, and a manifest."""
    from tests.verify.test_harvest_file import dicom

    folder = tmp_path / "archive"
    (folder / "ACHTERBERG").mkdir(parents=True)
    dicom(folder / "ACHTERBERG" / "0.dcm", depth=3)
    (folder / "manifest.csv").write_text("file,patient\nACHTERBERG/0.dcm,Oldcastle Winifred\n")
    return folder
