"""A tiny training as a process of its own, so that a test can kill it: python resumable_training.py RUN METHOD."""

import sys
from pathlib import Path

import numpy as np
import torch

from sonosift.batches.exam_sampler import ExamSampler
from sonosift.batches.frame_tensor import FrameTensor
from sonosift.cohort.run_folder import RECORD_FILE, RunFolder
from sonosift.machine import progress
from sonosift.training.finished_run import new_method, save_networks
from sonosift.training.fit import FitPlan, fit
from sonosift.training.validation import validate_on

STEPS = 12


def main(folder: str, name: str, precision: str) -> None:
    progress.set_quiet(True)
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    frames = torch.from_numpy(draw.integers(0, 256, (60, 37, 37), dtype=np.uint8))
    labels = (draw.random((60, 3)) < 0.4).astype(np.uint8)
    exams = [f"e{i // 5}" for i in range(60)]
    path = Path(folder)
    run = RunFolder.open(path) if (path / RECORD_FILE).exists() else RunFolder.create(path, {})
    settings = {"backbone": "test_resnet", "image_size": 32, "learning_rate": 1e-2}
    supervised = name == "supervised"
    method = new_method(name, settings, {"labels": 3} if supervised else {}, seed=7)
    plan = FitPlan(
        steps=STEPS, seed=7, precision=precision, log_every=3, save_every_s=0, validate_every=2, patience=100
    )
    fit(
        method,
        FrameTensor(frames),
        lambda rank, world: ExamSampler(
            exams, exams_per_batch=4, max_images_per_exam=4, seed=7, rank=rank, world=world
        ),
        plan,
        run,
        targets=torch.from_numpy(labels) if supervised else None,
        validate=validate_on(FrameTensor(frames[:20]), labels[:20], precision) if supervised else None,
    )
    save_networks(method, run)


if __name__ == "__main__":
    main(*sys.argv[1:])
