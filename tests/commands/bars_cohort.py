"""A small cohort whose labels are easy to see: noisy frames with bars along some of three directions."""

import numpy as np

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.writer import CohortWriter
from sonosift.labels.space import LabelSpace

SIDE = 48
BARS = LabelSpace(name="bars", kind="multi", names=("upright", "level", "none"), exclusive="none")


def bar_frame(draw, names):
    y, x = np.mgrid[:SIDE, :SIDE]
    image = np.full((SIDE, SIDE), 128.0)
    for name, along in (("upright", x), ("level", y)):
        if name in names:
            image += 45 * np.sin(along / draw.uniform(1.8, 2.6) + draw.uniform(0, 6))
    return np.clip(image + 20 * draw.standard_normal((SIDE, SIDE)), 0, 255).astype(np.uint8)


def make_bars_cohort(path, patients=24, frames_per_exam=8, labelled=True):
    """Write a cohort of one exam per patient and, if asked, the true label of every frame."""
    draw = np.random.default_rng(0)
    cohort = Cohort.create(path, size=SIDE, label_space=BARS, key=b"k" * 32)
    sets = [{"upright"}, {"level"}, {"upright", "level"}, {"none"}]
    truth = []
    with CohortWriter(cohort) as writer:
        for patient in range(patients):
            chosen = [sets[i] for i in draw.integers(0, 4, frames_per_exam)]
            ids = [f"{patient:016x}{index:016x}" for index in range(frames_per_exam)]
            rows = [
                {
                    "frame_id": frame_id, "clip": f"clip-{frame_id}", "exam": f"exam{patient}",
                    "patient": f"patient{patient}", "index_in_clip": 0, "source_height": SIDE, "source_width": SIDE,
                    "crop_x": 0, "crop_y": 0, "crop_w": SIDE, "crop_h": SIDE, "scale": 1.0, "pad_x": 0, "pad_y": 0,
                    "mean_brightness": 0.5,
                }
                for frame_id in ids
            ]  # fmt: skip
            writer.append(np.stack([bar_frame(draw, names) for names in chosen]), rows)
            truth += list(zip(ids, chosen, strict=True))
    if labelled:
        cohort.annotations.add_many(
            Annotation(target_kind="frame", target_id=frame_id, names=tuple(names), author="t", source="truth")
            for frame_id, names in truth
        )
    return cohort, dict(truth)
