"""What sits on a backbone: one linear layer per task."""

from __future__ import annotations

from torch import nn


def linear_head(features: int, outputs: int) -> nn.Linear:
    """One linear layer to logits; softmax or sigmoid belong to the loss (Dadoun section 2.2: g)."""
    return nn.Linear(features, outputs)
