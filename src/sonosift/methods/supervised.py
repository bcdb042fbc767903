"""Supervised multi-label training: an organ head of C + 1 sigmoids (Dadoun et al. 2023, section 2.2.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sonosift.batches.random_views import strong_view
from sonosift.batches.view_presets import preset
from sonosift.losses.binary_cross_entropy import multi_label_cross_entropy
from sonosift.methods.method import Batch, Method, adam
from sonosift.methods.supervised_config import SupervisedConfig
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import linear_head


class Supervised(Method):
    """Every label has a sigmoid of its own on one shared backbone.

    Args:
        config: the settings.
        labels: the number of labels, ``other`` included.
    """

    def __init__(self, config: SupervisedConfig, labels: int) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels)
        self.organ_head = linear_head(self.backbone.features, labels)
        self._view = preset(config.train_view)
        self._frozen = config.finetune == "head"
        if self._frozen:
            self.backbone.requires_grad_(False)

    def heads(self) -> dict[str, nn.Module]:
        """The linear layer to the labels."""
        return {"organ_head": self.organ_head}

    def views(self, frames: Tensor, draws: torch.Generator) -> dict[str, Tensor]:
        """One randomly augmented view."""
        return {"image": strong_view(frames, self.image_size, self._view, draws)}

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Binary cross-entropy, mean over images and labels."""
        if batch.targets is None:
            raise ValueError("supervised training needs targets")
        return {"loss": multi_label_cross_entropy(self(batch.views["image"])[1], batch.targets)}

    def logits(self, features: Tensor) -> Tensor:
        """Logits over the labels."""
        logits: Tensor = self.organ_head(features)
        return logits

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam with a fixed rate."""
        return adam(self, self.config.learning_rate, self.config.weight_decay)

    def train(self, mode: bool = True) -> Supervised:
        """Switch to training; a frozen backbone keeps its statistics too."""
        super().train(mode)
        if self._frozen:
            self.backbone.eval()
        return self
