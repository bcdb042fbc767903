"""What every method is: networks, the views it wants, and named losses of a batch."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import torch
from lightning import LightningModule
from torch import Tensor, nn

from sonosift.nets.backbone import Backbone


class Batch(NamedTuple):
    """One batch on the training device.

    Attributes:
        views: images ``[B, 1, S, S]`` under the names that the method's ``views`` gave them.
        targets: ``[B, C]`` of 0 and 1, for methods that learn from labels.
    """

    views: dict[str, Tensor]
    targets: Tensor | None = None


class Method(LightningModule):
    """A way of learning. It owns its networks, reads no files, and logs nothing: it returns what is worth logging.

    Attributes:
        backbone: what later stages keep.
        image_size: pixels of a view.
    """

    backbone: Backbone
    image_size: int

    @abstractmethod
    def heads(self) -> dict[str, nn.Module]:
        """Return every network besides the backbone, by name."""

    @abstractmethod
    def views(self, frames: Tensor, draws: torch.Generator) -> dict[str, Tensor]:
        """Turn ``[B, H, W]`` uint8 frames into the views that ``losses`` wants."""

    @abstractmethod
    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Return named scalars; ``loss`` is the one to minimise."""

    @abstractmethod
    def logits(self, features: Tensor) -> Tensor:
        """Turn features into the logits that the method predicts with."""

    @abstractmethod
    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return the optimiser over all weights that learn."""

    def training_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:  # noqa: ARG002 (Lightning's signature)
        """Lightning's name for ``losses``."""
        return self.losses(batch)

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:  # noqa: ARG002 (not every method has any)
        """Return figures that tell whether learning goes wrong; called now and then."""
        return {}

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and logits of ``[B, 1, S, S]`` images."""
        features = self.backbone(images)
        return features, self.logits(features)


def adam(module: nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """Adam over the weights that learn, in one fused pass."""
    learning: list[Any] = [weight for weight in module.parameters() if weight.requires_grad]
    return torch.optim.Adam(learning, lr=learning_rate, weight_decay=weight_decay, fused=True)
