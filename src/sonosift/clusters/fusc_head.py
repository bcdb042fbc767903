"""FUSC's linear layer alone, on stored features: no image is augmented, so it takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sonosift.batches.neighbour_sampler import NeighbourSampler
from sonosift.clusters.feature_heads import FeatureHeads
from sonosift.clusters.feature_loop import FeaturePlan, learn_on_features
from sonosift.losses.neighbour_consistency import neighbour_consistency
from sonosift.methods.fusc_config import FuscConfig
from sonosift.training.label_free_score import label_free_score


class FuscGroups(NamedTuple):
    """The linear layer of the best step.

    Attributes:
        head: the layer.
        best_step: the step it is from.
        steps: steps taken.
    """

    head: FeatureHeads
    best_step: int
    steps: int


class _Head(nn.Module):
    def __init__(self, features: Tensor, config: FuscConfig) -> None:
        super().__init__()
        self.heads = FeatureHeads(features.shape[1], config.clusters)
        self.heads.fit_scale(features)
        self._weight = config.entropy_weight

    def losses(self, anchors: Tensor, neighbours: Tensor) -> dict[str, Tensor]:
        first, second = self.heads(torch.cat([anchors, neighbours]))[0].chunk(2)
        found = neighbour_consistency(first, second, self._weight)
        return {"loss": found.total, "consistency": found.consistency, "entropy": found.entropy}

    def prepare(self, optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
        """The rate stays as it is."""

    def after_step(self, step: int, steps: int) -> None:
        """Nothing follows."""


class Judged(NamedTuple):
    """Features kept apart, and the neighbours of each among them: they choose the step that is kept."""

    features: NDArray[np.float32]
    table: NDArray[np.int64]


def fusc_head(
    features: NDArray[np.float32],
    table: NDArray[np.int64],
    judged: Judged,
    config: FuscConfig,
    *,
    seed: int,
    state_folder: Path | None = None,
    log: Callable[..., None] | None = None,
) -> FuscGroups:
    """Train a linear layer so that neighbours share a group and groups are filled.

    Args:
        features: ``[n, d]``.
        table: neighbours of each row, itself in column 0.
        judged: what the best step is chosen on.
        config: the settings.
        seed: same seed, same groups on the same machine.
        state_folder: where the state for continuing lies.
        log: takes ``step`` and named numbers.
    """
    sampler = NeighbourSampler(table, batch_size=config.batch_size, seed=seed)
    steps = config.steps or config.epochs * sampler.steps_per_epoch
    rows = torch.from_numpy(features)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learner = _Head(rows, config)
    optimizer = torch.optim.Adam(
        learner.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )

    @torch.no_grad()
    def score() -> float:
        logits = learner.heads(torch.from_numpy(judged.features))[0].numpy()
        return label_free_score(logits, judged.table).value

    best_step = learn_on_features(
        learner,
        optimizer,
        rows,
        sampler,
        FeaturePlan(steps, score_every=max(1, steps // 20)),
        state_folder=state_folder,
        score=score,
        log=log,
    )
    return FuscGroups(learner.heads.only(0), best_step, steps)
