"""The pi model: two passes over the same image must agree (Laine and Aila 2017)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sonosift.batches.fixmatch_views import moved_view
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.prediction_consistency import consistency_weight, prediction_distance
from sonosift.methods.classifier import SemiSupervised
from sonosift.methods.method import ALL, Batch, Place
from sonosift.methods.pi_config import PiConfig


class Pi(SemiSupervised):
    """Gradients flow through both passes; the cross-entropy is divided by the whole batch."""

    def __init__(self, config: PiConfig, **facts: Any) -> None:
        super().__init__(config, **facts)
        self.config = config
        self._weight = 0.0

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Two independent weak views."""
        return {name: moved_view(frames, self.image_size, draws) for name in ("first", "second")}

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:  # noqa: ARG002 (fixed rate)
        """Raise the weight of the agreement."""
        share = self.facts.labelled / max(self.facts.items, 1)
        self._weight = consistency_weight(place.epoch, share, self.config.most_weight, self.config.ramp_epochs)

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """``mean_n m_n CE_n + w(epoch) mean (p - p')^2``."""
        views = torch.cat([batch.views["first"], batch.views["second"]])
        first, second = (self.gather(part) for part in self.logits(self.backbone(views)).chunk(2))
        labelled = self.label_loss(first, self.told(batch), normaliser="all")
        agreement = prediction_distance(self.probabilities(first), self.probabilities(second))
        return {
            "loss": labelled + self._weight * agreement,
            "labelled": labelled.detach(),
            "agreement": agreement.detach(),
        }
