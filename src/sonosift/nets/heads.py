"""What sits on a backbone: a linear layer per task, and the projections of the contrastive methods."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm


def linear_head(features: int, outputs: int) -> nn.Linear:
    """One linear layer to logits; softmax or sigmoid belong to the loss (Dadoun section 2.2: g)."""
    return nn.Linear(features, outputs)


def projection_head(features: int, outputs: int, hidden: int | None = None, *, bias: bool = True) -> nn.Sequential:
    """Two layers with a ReLU between, as SimCLR, MoCo v2 and USCL have it; dropped after pretraining.

    Args:
        features: length of a feature vector.
        outputs: length of a projection.
        hidden: width between; that of the features when None.
        bias: both layers have one.
    """
    width = hidden or features
    return nn.Sequential(
        nn.Linear(features, width, bias=bias), nn.ReLU(inplace=True), nn.Linear(width, outputs, bias=bias)
    )


class PrototypeHead(nn.Module):
    """DINO's head: three layers, a unit vector, and its cosine with each prototype.

    Args:
        features: length of a feature vector.
        prototypes: outputs.
        hidden: width of the layers.
        bottleneck: length of the unit vector.
        fixed_norm: prototypes stay unit vectors (``norm_last_layer``); otherwise their lengths learn too.
    """

    def __init__(
        self, features: int, prototypes: int, hidden: int = 2048, bottleneck: int = 256, *, fixed_norm: bool = True
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, bottleneck)
        )
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)
        self.prototypes = weight_norm(nn.Linear(bottleneck, prototypes, bias=False))
        lengths = cast(nn.Parameter, self.prototypes.parametrizations.weight.original0)
        with torch.no_grad():
            lengths.fill_(1.0)
        lengths.requires_grad_(not fixed_norm)

    def forward(self, features: Tensor) -> Tensor:
        """Turn ``[B, features]`` into ``[B, prototypes]`` logits."""
        return cast(Tensor, self.prototypes(F.normalize(self.layers(features), dim=-1)))
