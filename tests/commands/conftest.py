import numpy as np
import polars as pl
import pytest

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.writer import CohortWriter
from sonosift.labels.abdomen import ABDOMEN

SIDE = 32
LOOKS = [("liver",), ("liver", "kidney"), ("other",), ("bladder",)]


def _rows(patients, frames_per_patient):
    for patient in range(patients):
        for index in range(frames_per_patient):
            number = patient * frames_per_patient + index
            yield {
                "frame_id": f"{number:032x}",
                "clip": f"c{number:031x}",
                "exam": f"e{patient:031x}",
                "patient": f"a{patient:031x}",
                "index_in_clip": 0,
                "machine": "Kestrel 7" if patient % 2 else "Orbis 200",
                "source_height": SIDE,
                "source_width": SIDE,
                "crop_x": 0,
                "crop_y": 0,
                "crop_w": SIDE,
                "crop_h": SIDE,
                "scale": 1.0,
                "pad_x": 0,
                "pad_y": 0,
                "mean_brightness": 50.0,
            }


@pytest.fixture
def judged_cohort(tmp_path):
    """A labelled, split cohort with a pretraining, a clustering and a training run; the kind decides everything."""
    rng = np.random.default_rng(0)
    rows = list(_rows(patients=30, frames_per_patient=8))
    kind = rng.choice(len(LOOKS), size=len(rows), p=[0.4, 0.2, 0.25, 0.15])
    frames = rng.integers(0, 60, size=(len(rows), SIDE, SIDE), dtype=np.uint8)
    for frame, look in zip(frames, kind, strict=True):
        frame[8 * look : 8 * look + 8] += 120
    cohort = Cohort.create(tmp_path / "abdomen", size=SIDE)
    with CohortWriter(cohort) as writer:
        writer.append(frames, rows)
    ids = [row["frame_id"] for row in rows]
    cohort.annotations.add_many(
        Annotation(target_kind="frame", target_id=frame_id, names=LOOKS[look], author="ann", source="expert")
        for frame_id, look in zip(ids, kind, strict=True)
    )
    cohort.quarantine.add([("0" * 32, "truncated")])
    cohort.splits.make({"train": 0.5, "validation": 0.25, "test": 0.25})

    pretraining = cohort.runs.create("pretrain", {"method": "pica"}, frame_ids=ids)
    pretraining.save_embeddings(ids, np.eye(4, 8)[kind] * 3 + rng.normal(0, 1, (len(ids), 8)))
    for step in (1, 10, 20):
        pretraining.log(step=step, loss=3.0 / step, filled_clusters=4.0)
    pretraining.finish(steps=20)

    clustering = cohort.runs.create("cluster", {"method": "pica", "pretraining": "/home/dr.smith/x"}, frame_ids=ids)
    pl.DataFrame({"frame_id": ids, "group": 2 * kind, "confidence": rng.random(len(ids))}).write_parquet(
        clustering.path / "groups.parquet"
    )
    clustering.finish()

    training = cohort.runs.create("train", {"method": "supervised"}, frame_ids=ids)
    truth = np.stack([ABDOMEN.encode(LOOKS[look]) for look in kind])
    scores = np.clip(truth * 0.6 + rng.normal(0.2, 0.1, truth.shape), 0, 1)
    pl.DataFrame({"frame_id": ids} | dict(zip(ABDOMEN.names, scores.T, strict=True))).write_parquet(
        training.path / "predictions.parquet"
    )
    training.finish()
    return cohort
