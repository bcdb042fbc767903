"""The training loop: any method, resumable at every step, bitwise equal to an uninterrupted run on a CPU.

Lightning's Fabric gives devices, processes and precision. Its Trainer is not used because it cannot resume inside an
epoch: there the position of samplers and generators is lost, whereas here every draw derives from the step itself.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from lightning.fabric import Fabric
from torch import Tensor

from sonosift.batches.draws import draw_key, torch_draws
from sonosift.batches.frame_tensor import FrameTensor
from sonosift.batches.sampler import Sampler
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.machine import progress
from sonosift.methods.method import Batch, Method
from sonosift.training.core_share import take_idle_cores
from sonosift.training.health_watch import HealthWatch
from sonosift.training.precision import Precision
from sonosift.training.resume_state import load_state, save_state

MakeSampler = Callable[[int, int], Sampler]
"""Builds the sampler of one process from its rank and the number of processes."""


@dataclass(frozen=True)
class FitPlan:
    """How long and how to train.

    Attributes:
        steps: optimiser steps, at most.
        seed: of every draw.
        precision: Lightning's name.
        log_every: steps between two lines of metrics.
        save_every_s: seconds between two saved states, at most; 0 saves every step.
        validate_every: steps between two validations.
        patience: stop after so many validations without a better score; None never stops.
        least_validations: never stop before so many.
    """

    steps: int
    seed: int
    precision: Precision = "32-true"
    log_every: int = 10
    save_every_s: float = 45.0
    validate_every: int = 0
    patience: int | None = None
    least_validations: int = 0


class Score(NamedTuple):
    """What a validation found: the figure to maximise, and others worth a curve."""

    value: float
    figures: dict[str, float]


Validate = Callable[[Method], Score]


class FitResult(NamedTuple):
    """How a training went."""

    steps: int
    seconds: float
    images: int
    best_step: int | None
    best_score: float | None
    warnings: list[str]


@dataclass
class _Position:
    """Where training stands; all of it is saved."""

    step: int = 0
    seconds: float = 0.0
    images: int = 0
    validations: int = 0
    best_step: int = 0
    best_score: float = -math.inf
    validations_since_best: int = 0
    best_weights: dict[str, Tensor] | None = None

    def enough(self, plan: FitPlan) -> bool:
        if self.step >= plan.steps:
            return True
        waited = plan.patience is not None and self.validations_since_best >= plan.patience
        return waited and self.validations >= plan.least_validations


def fit(
    method: Method,
    frames: FrameTensor,
    make_sampler: MakeSampler,
    plan: FitPlan,
    run: RunFolder,
    *,
    targets: Tensor | None = None,
    validate: Validate | None = None,
) -> FitResult:
    """Train ``method`` on ``frames``, from the run's saved state if there is one.

    On a CPU it takes the cores that are idle when the run begins, and keeps to their number when it is resumed.
    When it returns, the method holds the last weights, or with ``validate`` those of the best validation.

    Args:
        method: built with the same seed and settings each time.
        frames: all frames the sampler's rows speak of.
        make_sampler: builds this process's sampler.
        plan: how long and how.
        run: where metrics and state go.
        targets: ``[n, C]`` labels of the frames, for methods that learn from labels.
        validate: scores the method on frames kept apart.
    """
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)  # its notices about precision are ours to give
    # One process for now: the clustering losses would have to gather the features of all processes first.
    fabric = Fabric(accelerator="auto", devices=1, precision=plan.precision)
    with torch.random.fork_rng():
        return _Loop(fabric, method, frames, make_sampler, plan, run, targets, validate).run()


class _Loop:
    def __init__(
        self,
        fabric: Fabric,
        method: Method,
        frames: FrameTensor,
        make_sampler: MakeSampler,
        plan: FitPlan,
        run: RunFolder,
        targets: Tensor | None,
        validate: Validate | None,
    ) -> None:
        self.fabric, self.plan, self.folder, self.validate, self.method = fabric, plan, run, validate, method
        self.sampler = make_sampler(fabric.global_rank, fabric.world_size)
        self.watch = HealthWatch()
        self.warnings: list[str] = []
        method.to(memory_format=torch.channels_last)
        self.optimizer = method.configure_optimizers()
        self.position = _Position()
        state = load_state(run.state_path)
        if state is not None:
            self.restore(state)
        elif fabric.device.type == "cpu":
            take_idle_cores()
        self.wrapped, self.stepper = fabric.setup(method, self.optimizer)
        self.frames = frames.to(fabric.device)
        self.targets = None if targets is None else targets.float().to(fabric.device)

    def run(self) -> FitResult:
        at = self.position
        if self.fabric.is_global_zero:
            self.folder.forget_metrics_after(at.step)
        started, saved = time.monotonic(), time.monotonic()
        before = at.seconds
        with progress.bar("train", total=self.plan.steps, unit="steps", done=at.step) as bar:
            while not at.enough(self.plan):
                batch, losses = self.one_step()
                at.seconds = before + time.monotonic() - started
                self.record(batch, losses)
                if self.validate is not None and at.step % self.plan.validate_every == 0:
                    self.score()
                if time.monotonic() - saved >= self.plan.save_every_s:
                    self.save()
                    saved = time.monotonic()
                bar.advance()
                bar.note(f"loss {losses['loss']:.3f}")
        self.save()
        if at.best_weights is not None:
            self.method.load_state_dict(at.best_weights)
        scored = at.best_weights is not None
        return FitResult(
            steps=at.step,
            seconds=at.seconds,
            images=at.images,
            best_step=at.best_step if scored else None,
            best_score=at.best_score if scored else None,
            warnings=self.warnings,
        )

    def one_step(self) -> tuple[Batch, dict[str, float]]:
        at, rank = self.position, self.fabric.global_rank
        # For networks that draw themselves (dropout): the step decides, not the history.
        torch.manual_seed(draw_key(self.plan.seed, "network", at.step, rank))
        rows = self.sampler.rows(at.step)
        views = self.method.views(self.frames.gather(rows), torch_draws(self.plan.seed, "views", at.step, rank))
        targets = None if self.targets is None else self.targets[torch.from_numpy(rows).to(self.targets.device)]
        batch = Batch(views, targets)
        self.wrapped.train()
        losses = self.wrapped.training_step(batch, at.step)
        values = {name: float(value.detach()) for name, value in losses.items()}
        self.check(values)
        self.fabric.backward(losses["loss"])
        self.stepper.step()
        self.stepper.zero_grad()
        at.step += 1
        at.images += len(rows) * self.fabric.world_size
        return batch, values

    def check(self, values: dict[str, float]) -> None:
        bad = [name for name, value in values.items() if not math.isfinite(value)]
        if bad:
            raise SonosiftError(
                f"the {bad[0]} became {values[bad[0]]} at step {self.position.step + 1}",
                "The last good state is kept. Try a lower learning rate, --set learning_rate=…, or --precision 32, "
                "under a new run name.",
            )

    def record(self, batch: Batch, losses: dict[str, float]) -> None:
        at = self.position
        if at.step % self.plan.log_every and at.step != 1:
            return
        with self.fabric.autocast():
            health = self.method.health(batch)
        self.warnings += self.watch.look(at.step, health)
        if self.fabric.is_global_zero:
            speed = {"seconds": round(at.seconds, 3), "images_per_second": round(at.images / at.seconds, 1)}
            self.folder.log(step=at.step, epoch=at.step / self.sampler.steps_per_epoch, **losses, **health, **speed)

    def score(self) -> None:
        assert self.validate is not None
        at = self.position
        value, figures = self.validate(self.method)
        at.validations += 1
        at.validations_since_best += 1
        if value > at.best_score or at.best_weights is None:
            at.best_score, at.best_step, at.validations_since_best = value, at.step, 0
            # A copy: the optimiser changes the weights in place.
            weights = self.method.state_dict().items()
            at.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in weights}
        if self.fabric.is_global_zero:
            named = {f"validation_{name}": number for name, number in figures.items()}
            self.folder.log(step=at.step, epoch=at.step / self.sampler.steps_per_epoch, **named)

    def save(self) -> None:
        if not self.fabric.is_global_zero:
            return
        state: dict[str, Any] = {
            "position": dict(vars(self.position)),
            "weights": self.method.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            # The order of sums depends on it: another number of threads would end with other last digits.
            "threads": torch.get_num_threads(),
        }
        save_state(self.folder.state_path, state)

    def restore(self, state: dict[str, Any]) -> None:
        self.position = _Position(**state["position"])
        self.method.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_num_threads(state["threads"])
        if 0 < self.position.step < self.plan.steps:
            progress.notice(f"{self.folder.name}: continuing after step {self.position.step}")
