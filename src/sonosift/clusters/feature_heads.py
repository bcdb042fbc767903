"""Heads that turn stored features into groups: several side by side, one matrix product for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_SHARED = ("centre", "scale")


class FeatureHeads(nn.Module):
    """``[B, d]`` features become ``[H, B, K]`` logits.

    They are centred and scaled first, as :meth:`fit_scale` has seen them: learning rates then mean the same whatever
    network the features come from.

    Args:
        features: d.
        clusters: K.
        heads: H.
        hidden: widths of layers between, each with a ReLU after it.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, features: int, clusters: int, heads: int = 1, hidden: Sequence[int] = ()) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(features))
        self.register_buffer("scale", torch.ones(()))
        widths = [features, *hidden, clusters]
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for wide, narrow in itertools.pairwise(widths):
            # What nn.Linear starts with, for each head.
            reach = wide**-0.5
            self.weights.append(nn.Parameter(torch.empty(heads, wide, narrow).uniform_(-reach, reach)))
            self.biases.append(nn.Parameter(torch.empty(heads, 1, narrow).uniform_(-reach, reach)))

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits of every head."""
        scaled = (features - self.centre) * self.scale
        rows = scaled.expand(len(self.weights[0]), *features.shape)
        for place, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            rows = torch.baddbmm(bias, F.relu(rows) if place else rows, weight)
        return rows

    def fit_scale(self, features: Tensor) -> None:
        """Centre on these features, and scale by one number so that their entries have a spread of 1 on average."""
        self.centre.copy_(features.mean(dim=0))
        spread = (features - self.centre).square().mean().sqrt()
        self.scale.copy_(1.0 / spread.clamp(min=1e-6))

    def only(self, head: int) -> FeatureHeads:
        """Return a copy with one head."""
        chosen = {
            name: tensor if name in _SHARED else tensor[head : head + 1] for name, tensor in self.state_dict().items()
        }
        return self.from_tensors(chosen)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> FeatureHeads:
        """Build heads from their ``state_dict``."""
        layers = [tensors[f"weights.{place}"] for place in range((len(tensors) - len(_SHARED)) // 2)]
        heads, features, _ = layers[0].shape
        with torch.random.fork_rng(devices=[]):
            built = cls(features, layers[-1].shape[2], heads, [layer.shape[2] for layer in layers[:-1]])
        built.load_state_dict(dict(tensors))
        return built
