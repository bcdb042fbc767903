"""Temporal ensembling: an image must be answered as it was in the epochs before (Laine and Aila 2017)."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from sonosift.batches.fixmatch_views import moved_view
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.prediction_consistency import consistency_weight, prediction_distance
from sonosift.methods.classifier import SemiSupervised
from sonosift.methods.method import ALL, Batch, Embed, Place
from sonosift.methods.temporal_ensembling_config import TemporalEnsemblingConfig


class TemporalEnsembling(SemiSupervised):
    """The answers to every image are averaged over epochs; images that an epoch left out keep their average."""

    def __init__(self, config: TemporalEnsemblingConfig, **facts: Any) -> None:
        super().__init__(config, **facts)
        self.config = config
        self._weight = 0.0
        shape = (self.facts.items, self.facts.labels)
        self.register_buffer("average", torch.zeros(shape))
        self.register_buffer("epochs_in_it", torch.zeros(self.facts.items))
        self.register_buffer("of_this_epoch", torch.zeros(shape))
        self.register_buffer("answered", torch.zeros(self.facts.items, dtype=torch.bool))

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """One weak view."""
        return {"image": moved_view(frames, self.image_size, draws)}

    def begin_epoch(self, place: Place, embed: Embed) -> None:  # noqa: ARG002 (needs no features)
        """Take the answers of the epoch before into the average: ``Z <- a Z + (1 - a) z``."""
        answered, average = cast(Tensor, self.answered), cast(Tensor, self.average)
        moved = self.config.momentum * average + (1 - self.config.momentum) * cast(Tensor, self.of_this_epoch)
        average.copy_(torch.where(answered[:, None], moved, average))
        cast(Tensor, self.epochs_in_it).add_(answered.float())
        answered.zero_()

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:  # noqa: ARG002 (fixed rate)
        """Raise the weight of the agreement."""
        share = self.facts.labelled / max(self.facts.items, 1)
        self._weight = consistency_weight(place.epoch, share, self.config.most_weight, self.config.ramp_epochs)

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """``mean_n m_n CE_n + w(epoch) mean (p - Z / (1 - a^epochs))^2``."""
        if batch.rows is None:
            raise ValueError("temporal ensembling needs the rows of its images")
        rows = self.gather(batch.rows)
        logits = self.gather(self.logits(self.backbone(batch.views["image"])))
        probabilities = self.probabilities(logits.float())
        targets, known = self.targets_of(rows)
        labelled = self.label_loss(logits, self.told(batch), normaliser="all")
        agreement = prediction_distance(probabilities, targets, known)
        if self.training:
            cast(Tensor, self.of_this_epoch)[rows] = probabilities.detach()
            cast(Tensor, self.answered)[rows] = True
        return {
            "loss": labelled + self._weight * agreement,
            "labelled": labelled.detach(),
            "agreement": agreement.detach(),
        }

    def targets_of(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the averages of some images, freed of the zeros they began with, and which of them exist."""
        epochs = cast(Tensor, self.epochs_in_it)[rows]
        # Counted per image: with softmax answers the rows then sum to 1, also where an epoch left an image out.
        began = (1 - self.config.momentum**epochs).clamp(min=1e-6)
        return cast(Tensor, self.average)[rows] / began[:, None], epochs > 0
