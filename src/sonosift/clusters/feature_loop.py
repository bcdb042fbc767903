"""The loop that trains heads on stored features: every step repeatable from the seed, continued after a kill."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from sonosift.batches.neighbour_sampler import NeighbourSampler
from sonosift.errors import SonosiftError
from sonosift.machine import progress
from sonosift.training.resume_state import load_state, save_state


class FeatureLearner(Protocol):
    """What the loop trains."""

    def losses(self, anchors: Tensor, neighbours: Tensor) -> dict[str, Tensor]:
        """Return named scalars of two ``[B, d]``; ``loss`` is minimised."""

    def prepare(self, optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
        """Set rates; before each step."""

    def after_step(self, step: int, steps: int) -> None:
        """Move teachers; after each step."""

    def state_dict(self) -> dict[str, Any]:
        """Return weights and buffers."""

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Take weights and buffers."""


@dataclass(frozen=True)
class FeaturePlan:
    """How long, and how often to look.

    Attributes:
        steps: optimiser steps.
        score_every: steps between two scores; 0 never scores and keeps the last step.
        log_every: steps between two lines of metrics.
        save_every_s: seconds between two saved states, at most.
    """

    steps: int
    score_every: int = 0
    log_every: int = 50
    save_every_s: float = 30.0


Log = Callable[..., None]


def learn_on_features(
    learner: FeatureLearner,
    optimizer: torch.optim.Optimizer,
    features: Tensor,
    sampler: NeighbourSampler,
    plan: FeaturePlan,
    *,
    state_folder: Path | None = None,
    score: Callable[[], float] | None = None,
    log: Log | None = None,
) -> int:
    """Train, from the saved state if there is one; return the step whose weights the learner holds at the end.

    Args:
        learner: see above.
        optimizer: over its weights.
        features: ``[n, d]``.
        sampler: pairs of rows.
        plan: how long.
        state_folder: where the state for continuing lies; none keeps nothing.
        score: says how good the learner is now, without labels; the best step is kept.
        log: takes ``step`` and named numbers.
    """
    step, best_step, best_score, best = 0, 0, -math.inf, None
    state = None if state_folder is None else load_state(state_folder)
    if state is not None:
        step, best_step, best_score, best = (state[name] for name in ("step", "best_step", "best_score", "best"))
        learner.load_state_dict(state["learner"])
        optimizer.load_state_dict(state["optimizer"])
    saved = time.monotonic()
    with progress.bar("learn groups", total=plan.steps, unit="steps", done=step) as bar:
        while step < plan.steps:
            pairs = torch.from_numpy(sampler.rows(step))
            learner.prepare(optimizer, step, plan.steps)
            losses = learner.losses(features[pairs[:, 0]], features[pairs[:, 1]])
            optimizer.zero_grad()
            losses["loss"].backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            learner.after_step(step, plan.steps)
            step += 1
            if step % plan.log_every == 0 or step == plan.steps:
                values = {name: float(value.detach()) for name, value in losses.items()}
                if not math.isfinite(values["loss"]):
                    raise SonosiftError(f"the loss became {values['loss']} at step {step}", "Lower the learning_rate.")
                bar.note(f"loss {values['loss']:.3f}")
                if log is not None:
                    log(step=step, **values)
            if score is not None and plan.score_every and (step % plan.score_every == 0 or step == plan.steps):
                found = score()
                if found > best_score or best is None:
                    weights = {name: value.clone() for name, value in learner.state_dict().items()}
                    best_step, best_score, best = step, found, weights
            due = time.monotonic() - saved >= plan.save_every_s
            if state_folder is not None and (due or step == plan.steps):
                save_state(
                    state_folder,
                    {
                        "step": step,
                        "best_step": best_step,
                        "best_score": best_score,
                        "best": best,
                        "learner": learner.state_dict(),
                        "optimizer": optimizer.state_dict(),
                    },
                )
                saved = time.monotonic()
            bar.advance()
    if best is None:
        return step
    learner.load_state_dict(best)
    return best_step
