"""A linear probe: one layer on the frozen features of images as they are."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.random_views import centre_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.methods.classifier import Classifier
from sonosift.methods.method import ALL, Batch, Embed, Place
from sonosift.methods.probe_config import ProbeConfig


class Probe(Classifier):
    """Features are computed once, before the first step; a step then costs next to nothing."""

    def __init__(self, config: ProbeConfig, **facts: Any) -> None:
        super().__init__(config.model_copy(update={"finetune": "head"}), **facts)
        self._batch_size = config.batch_size
        self.register_buffer("features", torch.zeros(self.facts.items, self.backbone.features))

    def sampler(self, rows: Rows, seed: int) -> FrameSampler:
        """Images in random order."""
        return FrameSampler(len(rows), batch_size=self._batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:  # noqa: ARG002 (nothing random)
        """The image as it is."""
        return {"image": centre_view(frames, self.image_size)}

    def begin_epoch(self, place: Place, embed: Embed) -> None:
        """Compute the features, once."""
        if place.step == 0:
            cast(Tensor, self.features).copy_(embed())

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """Cross-entropy, mean over images (and labels, where each has a sigmoid)."""
        if batch.rows is None:
            raise ValueError("a probe needs the rows of its images")
        features = cast(Tensor, self.features)[batch.rows.to(cast(Tensor, self.features).device)]
        return {"loss": self.label_loss(self.gather(self.logits(features)), self.told(batch))}
