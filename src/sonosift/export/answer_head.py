"""What turns features into answers, built again from its tensors alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sonosift.clusters.feature_heads import FeatureHeads
from sonosift.export.description import Part
from sonosift.nets.heads import linear_head, projection_head
from sonosift.nets.weights_file import load_into


class Head(NamedTuple):
    """A head with the kinds of its parts."""

    parts: tuple[Part, ...]
    module: nn.Sequential


class Centres(nn.Module):
    """The distance of each feature vector, scaled to length 1, from the centres of k-means: ``[B, K]``."""

    centres: Tensor

    def __init__(self, centres: Tensor) -> None:
        super().__init__()
        self.register_buffer("centres", centres)

    def forward(self, features: Tensor) -> Tensor:
        """Return Euclidean distances."""
        unit = features / features.norm(dim=1, keepdim=True).clamp(min=1e-12)
        distances: Tensor = (unit[:, None, :] - self.centres[None]).square().sum(dim=2).sqrt()
        return distances


class _OneHead(nn.Module):
    """The first and only of some heads side by side."""

    def __init__(self, heads: FeatureHeads) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.heads(features)[0]
        return logits


def head_of(parts: Sequence[tuple[Part, Mapping[str, Tensor]]]) -> Head:
    """Build a head from the kinds of its parts and their tensors, under the keys that their own classes use."""
    modules = [_part(kind, tensors) for kind, tensors in parts]
    return Head(tuple(kind for kind, _ in parts), nn.Sequential(*modules).eval())


def tensors_of(head: Head) -> dict[str, Tensor]:
    """Return all tensors of a head, each under the number of its part."""
    found: dict[str, Tensor] = {}
    for place, module in enumerate(head.module):
        own = module.heads if isinstance(module, _OneHead) else module
        found |= {f"{place}.{name}": tensor for name, tensor in own.state_dict().items()}
    return found


def head_from(kinds: Sequence[Part], tensors: Mapping[str, Tensor]) -> Head:
    """Build what ``tensors_of`` took apart."""
    parts = []
    for place, kind in enumerate(kinds):
        mark = f"{place}."
        parts.append((kind, {name.removeprefix(mark): t for name, t in tensors.items() if name.startswith(mark)}))
    return head_of(parts)


def _part(kind: Part, tensors: Mapping[str, Tensor]) -> nn.Module:
    if kind == "centres":
        return Centres(tensors["centres"])
    if kind == "feature-heads":
        return _OneHead(FeatureHeads.from_tensors(tensors))
    with torch.random.fork_rng(devices=[]):
        module: nn.Module
        if kind == "linear":
            outputs, features = tensors["weight"].shape
            module = linear_head(features, outputs)
        else:
            hidden, features = tensors["0.weight"].shape
            module = projection_head(features, len(tensors["2.weight"]), hidden, bias="0.bias" in tensors)
    load_into(module, tensors, f"the {kind} part of the head")
    return module
