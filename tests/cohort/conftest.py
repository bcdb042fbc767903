"""A small cohort to test on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort

KEY = bytes(range(32))


def frame_rows(count: int, *, start: int = 0, per_clip: int = 3, per_patient: int = 12) -> list[dict[str, object]]:
    """Rows for frames ``start`` to ``start + count``: clips, exams and patients follow from the number."""
    return [
        {
            "frame_id": f"{number:032x}",
            "clip": f"c{number // per_clip:031x}",
            "exam": f"e{number // (per_patient // 2):031x}",
            "patient": f"p{number // per_patient:031x}",
            "index_in_clip": number % per_clip,
            "time_s": 0.125 * (number % per_clip),
            "transducer": "C5-1" if number % 2 else None,
            "study_groups": ["abdomen"],
            "machine": f"machine {number // per_patient % 2}",
            "source_height": 480,
            "source_width": 640,
            "crop_x": 10,
            "crop_y": 20,
            "crop_w": 600,
            "crop_h": 400,
            "scale": 0.05,
            "pad_x": 0,
            "pad_y": 4,
            "mm_per_pixel": None,
            "fan_confidence": 1.0,
            "mean_brightness": 20.0,
        }
        for number in range(start, start + count)
    ]


def frame_images(count: int, size: int, *, start: int = 0) -> np.ndarray:
    """Images that are all different and follow from the number of the frame."""
    images = [np.random.default_rng(number).integers(0, 256, (size, size)) for number in range(start, start + count)]
    return np.array(images, dtype=np.uint8).reshape(count, size, size)


@pytest.fixture
def make_cohort(tmp_path: Path) -> Callable[..., Cohort]:
    """Return a function that makes a cohort of ``count`` frames."""
    from sonosift.cohort.writer import CohortWriter

    def make(count: int = 30, *, size: int = 16, shard_rows: int = 7, name: str = "cohort") -> Cohort:
        cohort = Cohort.create(tmp_path / name, size=size, shard_rows=shard_rows, key=KEY)
        with CohortWriter(cohort) as writer:
            writer.append(frame_images(count, size), frame_rows(count))
        return cohort

    return make
