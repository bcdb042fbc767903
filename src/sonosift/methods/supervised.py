"""Supervised training: an organ head of C + 1 sigmoids (Dadoun et al. 2023, section 2.2.2), or one softmax."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from sonosift.batches.random_views import strong_view
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.methods.classifier import Classifier
from sonosift.methods.method import ALL, Batch
from sonosift.methods.supervised_config import SupervisedConfig


class Supervised(Classifier):
    """Every label has a sigmoid of its own on one shared backbone, or all share a softmax."""

    def __init__(self, config: SupervisedConfig, **facts: Any) -> None:
        super().__init__(config, **facts)
        self._view = preset(config.train_view)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """One randomly augmented view."""
        return {"image": strong_view(frames, self.image_size, self._view, draws)}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """Cross-entropy, mean over images (and labels, where each has a sigmoid)."""
        told = self.told(batch)
        return {"loss": self.label_loss(self.gather(self(batch.views["image"])[1]), told)}
