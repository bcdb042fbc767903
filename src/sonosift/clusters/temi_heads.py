"""TEMI: many small heads find groups in stored features by the mutual information between neighbours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sonosift.batches.neighbour_sampler import NeighbourSampler
from sonosift.clusters.feature_heads import FeatureHeads
from sonosift.clusters.feature_loop import FeaturePlan, learn_on_features
from sonosift.clusters.temi_config import TemiConfig
from sonosift.losses.temi import temi_loss, updated_prior
from sonosift.methods.moving_average import follow, frozen_copy
from sonosift.methods.schedules import cosine, set_rate, warm_cosine


class TemiGroups(NamedTuple):
    """The head with the lowest loss.

    Attributes:
        head: the teacher's head.
        loss: its loss over all frames and one neighbour of each, of the lowest.
        losses: that of every head.
        steps: steps taken.
    """

    head: FeatureHeads
    loss: float
    losses: list[float]
    steps: int


class Temi(nn.Module):
    """Student, teacher, and the running class prior of each head."""

    prior: Tensor

    def __init__(self, config: TemiConfig, features: Tensor, warm_steps: int) -> None:
        super().__init__()
        self.config, self._warm_steps = config, warm_steps
        self.student = FeatureHeads(features.shape[1], config.clusters, config.heads, config.hidden)
        self.student.fit_scale(features)
        self.teacher = frozen_copy(self.student)
        self.register_buffer("prior", torch.full((config.heads, config.clusters), 1.0 / config.clusters))

    def losses(self, anchors: Tensor, neighbours: Tensor) -> dict[str, Tensor]:
        """Return the sum over heads, and the lowest of them."""
        each = self.loss_of_heads(anchors, neighbours)
        return {"loss": each.sum(), "lowest_head_loss": each.min()}

    def loss_of_heads(self, anchors: Tensor, neighbours: Tensor, *, move_prior: bool = True) -> Tensor:
        """Return ``[H]``."""
        config, both = self.config, torch.cat([anchors, neighbours])
        first_s, second_s = self.student(both).chunk(2, dim=1)
        with torch.no_grad():
            first_t, second_t = self.teacher(both).chunk(2, dim=1)
            if move_prior:
                self.prior = updated_prior(
                    self.prior,
                    (first_t, second_t),
                    momentum=config.prior_momentum,
                    temperature=config.temperature,
                )
        return temi_loss(
            (first_s, second_s),
            (first_t, second_t),
            self.prior,
            beta=config.beta,
            temperature=config.temperature,
            positive_only=config.positive_only,
        )

    def prepare(self, optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
        """Rise over the warm steps, then fall along a cosine."""
        warm = min(self._warm_steps, steps // 10)
        set_rate(optimizer, warm_cosine(step + 1, steps, warm, self.config.learning_rate, 0.0))

    def after_step(self, step: int, steps: int) -> None:
        """Move the teacher; in a short training it follows faster, or it would still be where it began at the end."""
        momentum = min(self.config.teacher_momentum, max(0.0, 1.0 - 10.0 / steps))
        follow(self.teacher, self.student, cosine(step / steps, momentum, 1.0))


def temi(
    features: NDArray[np.float32],
    table: NDArray[np.int64],
    config: TemiConfig,
    *,
    seed: int,
    state_folder: Path | None = None,
    log: Callable[..., None] | None = None,
) -> TemiGroups:
    """Train the heads on features and return the best one.

    Args:
        features: ``[n, d]``.
        table: neighbours of each row, itself in column 0; it is never its own neighbour here (unless it is alone).
        config: the settings.
        seed: same seed, same groups on the same machine.
        state_folder: where the state for continuing lies.
        log: takes ``step`` and named numbers.
    """
    others = table[:, 1:] if table.shape[1] > 1 else table
    sampler = NeighbourSampler(others, batch_size=config.batch_size, seed=seed)
    per_epoch = sampler.steps_per_epoch
    steps = config.steps or min(max(config.epochs * per_epoch, config.least_steps), config.most_steps)
    rows = torch.from_numpy(features)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learner = Temi(config, rows, config.warm_epochs * per_epoch)
    optimizer: Any = torch.optim.AdamW(
        learner.student.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    learn_on_features(learner, optimizer, rows, sampler, FeaturePlan(steps), state_folder=state_folder, log=log)
    losses = _losses_over_all(learner, rows, others, seed)
    best = int(losses.argmin())
    return TemiGroups(learner.teacher.only(best), float(losses[best]), losses.tolist(), steps)


@torch.no_grad()
def _losses_over_all(learner: Temi, rows: Tensor, others: NDArray[np.int64], seed: int) -> Tensor:
    """Compare heads on many pairs: one batch's losses would decide by chance."""
    draws = np.random.default_rng(seed)
    anchors = draws.permutation(len(rows))[:20_000]
    partners = others[anchors, draws.integers(0, others.shape[1], len(anchors))]
    total = torch.zeros(len(learner.prior))
    for start in range(0, len(anchors), 2048):
        block = slice(start, start + 2048)
        pair = rows[torch.from_numpy(anchors[block])], rows[torch.from_numpy(partners[block])]
        total += learner.loss_of_heads(*pair, move_prior=False) * len(pair[0])
    return total / len(anchors)
