"""Supervised multi-label training: an organ head of C + 1 sigmoids (Dadoun et al. 2023, section 2.2.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sonosift.batches.exam_sampler import ExamSampler
from sonosift.batches.random_views import strong_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.losses.binary_cross_entropy import multi_label_cross_entropy
from sonosift.methods.exam_batches import exam_batches
from sonosift.methods.method import ALL, Batch, Method, adam
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
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        self.organ_head = linear_head(self.backbone.features, labels)
        self._view = preset(config.train_view)
        self._frozen = config.finetune == "head"
        if self._frozen:
            self.backbone.requires_grad_(False)

    def heads(self) -> dict[str, nn.Module]:
        """The linear layer to the labels."""
        return {"organ_head": self.organ_head}

    def sampler(self, rows: Rows, seed: int) -> ExamSampler:
        """Whole exams."""
        return exam_batches(rows, self.config, seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """One randomly augmented view."""
        return {"image": strong_view(frames, self.image_size, self._view, draws)}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """Binary cross-entropy, mean over images and labels."""
        if batch.targets is None:
            raise ValueError("supervised training needs targets")
        logits, targets = self.gather(self(batch.views["image"])[1]), self.gather(batch.targets)
        return {"loss": multi_label_cross_entropy(logits, targets)}

    def logits(self, features: Tensor) -> Tensor:
        """Logits over the labels."""
        logits: Tensor = self.organ_head(features)
        return logits

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Adam with a fixed rate."""
        return {ALL: adam([self], self.config.learning_rate, self.config.weight_decay)}

    def train(self, mode: bool = True) -> Supervised:
        """Switch to training; a frozen backbone keeps its statistics too."""
        super().train(mode)
        if self._frozen:
            self.backbone.eval()
        return self
