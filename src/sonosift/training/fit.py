"""The training loop: any method, resumable at every step, bitwise equal to an uninterrupted run on a CPU.

Lightning's Fabric gives devices, processes and precision. Its Trainer is not used because it cannot resume inside an
epoch: there the position of samplers and generators is lost, whereas here every draw derives from the step itself.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor

from sonosift.batches.draws import draw_key, torch_draws
from sonosift.batches.frame_source import FrameSource
from sonosift.batches.sampler import Sampler, share_of
from sonosift.batches.view_draws import ViewDraws
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.machine import progress
from sonosift.machine.kept_memory import kept_memory
from sonosift.methods.method import Batch, Method, Place
from sonosift.nets.synced_batch_norm import synchronise_batch_norm
from sonosift.training.core_share import take_idle_cores
from sonosift.training.fit_plan import FitPlan, FitResult, Validate, Watch
from sonosift.training.gather_rows import gather_rows
from sonosift.training.health_watch import HealthWatch
from sonosift.training.look_budget import may_look, pixels_of
from sonosift.training.predict import embed
from sonosift.training.processes import start_processes
from sonosift.training.resume_state import load_state, save_state


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
    warnings: list[str] = field(default_factory=list)
    bad_looks: dict[str, int] = field(default_factory=dict)
    learnt_pixels: int = 0
    looked_pixels: int = 0
    looked_at: int = 0

    def enough(self, plan: FitPlan) -> bool:
        if self.step >= plan.steps:
            return True
        waited = plan.patience is not None and self.validations_since_best >= plan.patience
        return waited and self.validations >= plan.least_validations


def fit(
    method: Method,
    frames: FrameSource,
    sampler: Sampler,
    plan: FitPlan,
    run: RunFolder,
    *,
    targets: Tensor | None = None,
    validate: Validate | None = None,
    watch: Watch | None = None,
    processes: Fabric | None = None,
) -> FitResult:
    """Train ``method`` on ``frames``, from the run's saved state if there is one.

    On a CPU it takes the cores that are idle when the run begins, and keeps to their number when it is resumed.
    When it returns, the method holds the last weights, or with ``validate`` those of the best validation.

    Args:
        method: built with the same seed and settings each time.
        frames: all frames the sampler's rows speak of.
        sampler: the batches; each process computes its share of every one.
        plan: how long and how.
        run: where metrics and state go.
        targets: what the method is told of each frame, ``[n, ...]``: labels, class numbers, tags.
        validate: scores the method on frames kept apart.
        watch: figures for the curves, computed every ``look_every`` steps where that costs little enough.
        processes: those that share the training, already started; this one alone when None.
    """
    fabric = processes or start_processes(plan.precision)
    with torch.random.fork_rng(), kept_memory():
        return _Loop(fabric, method, frames, sampler, plan, run, targets, validate, watch).run()


class _Loop:
    def __init__(
        self,
        fabric: Fabric,
        method: Method,
        frames: FrameSource,
        sampler: Sampler,
        plan: FitPlan,
        run: RunFolder,
        targets: Tensor | None,
        validate: Validate | None,
        watch: Watch | None,
    ) -> None:
        self.fabric, self.plan, self.folder, self.validate, self.method = fabric, plan, run, validate, method
        self.sampler, self.watch = sampler, watch
        method.to(memory_format=torch.channels_last)
        if fabric.world_size > 1:
            method.gather = gather_rows
            synchronise_batch_norm(method)
        self.turns = method.turns()
        self.position = _Position()
        state = load_state(run.state_path)
        if state is not None:
            self.restore(state)
        elif fabric.device.type == "cpu":
            take_idle_cores()
        self.health_watch = HealthWatch(self.position.bad_looks)
        self.wrapped, *steppers = fabric.setup(method, *self.turns.values())
        self.steppers = dict(zip(self.turns, steppers, strict=True))
        self.frames = frames.to(fabric.device)
        self.targets = None if targets is None else targets.to(fabric.device)

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
            warnings=at.warnings,
        )

    def one_step(self) -> tuple[Batch, dict[str, float]]:
        at = self.position
        place = Place(at.step, self.plan.steps, self.sampler.steps_per_epoch)
        if at.step % self.sampler.steps_per_epoch == 0:
            self.begin_epoch(place)
        # For networks that draw themselves (dropout): the step decides, not the history.
        torch.manual_seed(draw_key(self.plan.seed, "network", at.step, self.fabric.global_rank))
        rows, batch = self.next_batch(at.step)
        self.method.prepare(place, self.turns)
        self.wrapped.train()
        values: dict[str, float] = {}
        for turn, stepper in self.steppers.items():
            # Lightning's wrapper casts a training step itself only when several processes share it.
            with self.fabric.autocast():
                losses = self.wrapped.training_step(batch, turn)
            values |= {name: float(value.detach()) for name, value in losses.items()}
            self.check(values)
            self.fabric.backward(losses["loss"])
            self.method.after_backward(place)
            stepper.step()
            # Also what another turn's loss left behind in these weights is gone before their own turn.
            self.method.zero_grad()
        self.method.after_step(place)
        at.step += 1
        at.images += rows
        at.learnt_pixels += pixels_of(batch.views.values())
        return batch, values

    def next_batch(self, step: int) -> tuple[int, Batch]:
        """Return the frames of the whole batch, as a number, and this process's part of it."""
        fabric = self.fabric
        rows, places = self.rows(step)
        draws = torch_draws(self.plan.seed, "views", step)
        share = ViewDraws(draws) if places is None else ViewDraws(draws, torch.from_numpy(places), len(rows))
        mine = rows if places is None else rows[places]
        frames = self.frames.gather(mine)
        # Not beyond the epoch: what its batches are may be decided at its beginning.
        if step + 1 < self.plan.steps and (step + 1) % self.sampler.steps_per_epoch:
            coming, places = self.rows(step + 1)
            self.frames.expect(coming if places is None else coming[places])
        views = self.method.views(frames, share)
        items = torch.from_numpy(mine if mine.ndim == 1 else mine[:, 0].copy()).to(fabric.device)
        return rows.size, Batch(views, None if self.targets is None else self.targets[items], items)

    def rows(self, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """Return the rows of the whole batch, and the places of this process's in it; None when all are."""
        rows, fabric = self.sampler.rows(step), self.fabric
        if fabric.world_size == 1:
            return rows, None
        if len(rows) < fabric.world_size:
            raise SonosiftError(
                f"a batch of {len(rows)} cannot be shared by {fabric.world_size} processes",
                f"Use at most {len(rows)} devices.",
            )
        return rows, share_of(rows, fabric.global_rank, fabric.world_size)

    def begin_epoch(self, place: Place) -> None:
        if type(self.method).begin_epoch is Method.begin_epoch:
            return
        torch.manual_seed(draw_key(self.plan.seed, "epoch", place.epoch))
        self.method.begin_epoch(place, lambda: embed(self.method, self.frames, self.plan.precision))
        if self.fabric.world_size > 1:
            # Two machines may round differently: all go on with what the first one found.
            for tensor in (*self.method.parameters(), *self.method.buffers()):
                torch.distributed.broadcast(tensor.data, src=0)

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
        if at.step % self.plan.log_every and at.step not in (1, self.plan.steps):
            return
        with self.fabric.autocast():
            health = self.method.health(batch)
        health = health | self.look()
        at.warnings += self.health_watch.look(at.step, health)
        if self.fabric.is_global_zero:
            speed = {"seconds": round(at.seconds, 3), "images_per_second": round(at.images / at.seconds, 1)}
            self.folder.log(step=at.step, epoch=at.step / self.sampler.steps_per_epoch, **losses, **health, **speed)

    def look(self) -> dict[str, float]:
        at, watch = self.position, self.watch
        if watch is None or not may_look(
            self.plan,
            step=at.step,
            looked_at=at.looked_at,
            learnt_pixels=at.learnt_pixels,
            looked_pixels=at.looked_pixels,
            of_a_look=watch.pixels,
        ):
            return {}
        at.looked_at, at.looked_pixels = at.step, at.looked_pixels + watch.pixels
        return watch.look(self.method)

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
            "optimizers": {turn: optimizer.state_dict() for turn, optimizer in self.turns.items()},
            # The order of sums depends on it: another number of threads would end with other last digits.
            "threads": torch.get_num_threads(),
        }
        save_state(self.folder.state_path, state)

    def restore(self, state: dict[str, Any]) -> None:
        self.position = _Position(**state["position"])
        self.method.load_state_dict(state["weights"])
        for turn, optimizer in self.turns.items():
            optimizer.load_state_dict(state["optimizers"][turn])
        torch.set_num_threads(state["threads"])
        if 0 < self.position.step < self.plan.steps:
            progress.notice(f"{self.folder.name}: continuing after step {self.position.step}")
