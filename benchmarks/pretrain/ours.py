"""The side of the speed tables that is ours: ``fit`` itself, from shards on the disk to the optimiser's step."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.pretrain import frames as images
from benchmarks.pretrain.work import Work
from sonosift.batches.draws import torch_draws
from sonosift.batches.frame_source import FrameSource
from sonosift.batches.load_frames import load_frames
from sonosift.batches.random_views import canvas_size
from sonosift.batches.streamed_frames import StreamedFrames
from sonosift.batches.view_draws import ViewDraws
from sonosift.cohort.run_folder import RunFolder
from sonosift.machine import progress
from sonosift.machine.kept_memory import kept_memory
from sonosift.methods.method import ALL, Batch, Place
from sonosift.training.finished_run import new_method
from sonosift.training.fit import fit
from sonosift.training.fit_plan import FitPlan
from sonosift.training.precision import choose_precision, training_device

EXAM = 4
LIGHTLY_HEAD = {"prototypes": 2048, "hidden": 512, "bottleneck": 64, "local_crops": 6}


def settings(work: Work) -> dict[str, Any]:
    """Return the method's settings: its defaults, with the peer's network, batch and crops."""
    sized: dict[str, Any] = {"backbone": "resnet18", "image_size": work.image_size}
    if work.method == "pica":
        return sized | {"exams_per_batch": max(1, work.batch // EXAM)}
    if work.method == "dino":
        return sized | LIGHTLY_HEAD | {"batch_size": work.batch, "local_size": work.local_size}
    return sized | {"batch_size": work.batch}


class Ours:
    """A training of ours, a few steps at a time, and the same step on a batch that is there already."""

    def __init__(self, work: Work, *, streamed: bool = False) -> None:
        progress.set_quiet(True)
        self.work, self.device = work, training_device()
        self.precision = choose_precision(work.precision, self.device)
        self.method = new_method(work.method, settings(work), {}, seed=0)
        store = images.store(work.folder, work.frames)
        canvas = canvas_size(work.image_size)
        self.frames: FrameSource = (
            StreamedFrames(store.read, store.frame_ids, canvas)
            if streamed
            else load_frames(store.read, store.frame_ids, canvas)
        )
        self.sampler = self.method.sampler(images.rows(work.frames, EXAM), 0)
        self.turns = 0

    def whole(self, steps: int) -> list[float]:
        """Return the seconds of each of ``steps`` steps of ``fit``, after one that is not counted."""
        finished: list[float] = []
        after_step: Callable[[Place], None] = type(self.method).after_step.__get__(self.method)

        def note(place: Place) -> None:
            after_step(place)
            finished.append(now(self.device))

        self.turns += 1
        self.method.after_step = note
        with tempfile.TemporaryDirectory() as name:
            run = RunFolder.create(Path(name) / "run", {})
            plan = FitPlan(steps=steps + 1, seed=self.turns, precision=self.precision)
            fit(self.method, self.frames, self.sampler, plan, run)
        return np.diff(finished).tolist()

    def bound(self, steps: int) -> list[float]:
        """Return the seconds of the step alone, on one batch of views that was made before."""
        method, times = self.method, []
        rows = self.sampler.rows(0)
        frames = self.frames.to(self.device).gather(rows)
        batch = Batch(method.views(frames, ViewDraws(torch_draws(0, "views", 0))))
        optimizer = method.turns()[ALL]
        place = Place(0, steps + 1, self.sampler.steps_per_epoch)
        del method.after_step
        method.prepare(place, {ALL: optimizer})
        method.train()
        with kept_memory():
            for _ in range(steps + 1):
                started = now(self.device)
                with torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16-mixed"):
                    loss = method.losses(batch)["loss"]
                loss.backward()
                method.after_backward(place)
                optimizer.step()
                optimizer.zero_grad()
                method.after_step(place)
                times.append(now(self.device) - started)
        return times[1:]


def now(device: str) -> float:
    """Return the time, after what was given to an accelerator is done."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
