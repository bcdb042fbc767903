"""Grad-CAM of a trained method: how much each place of a view speaks for a label."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from sonosift.methods.method import Method
from sonosift.nets.backbone import is_transformer

_VIEWS_AT_A_TIME = 16
_LEAST_SIDE = 4
"""A map of two places by two says left or right of a small view, and no more."""


def grad_cam(method: Method, views: Tensor, classes: Tensor) -> Tensor:
    """Return ``[B, S, S]``, each map scaled to a maximum of 1; a map that speaks nowhere for its label is 0.

    A convolutional network is read at its last feature map, or where that has less than four places a side (ResNet-18
    below 97 pixels) at the last one that has them. A transformer is read before the attention of its last block: behind
    it only the class token is used, and no patch matters any more. Its tokens become the grid of patches first.

    Args:
        method: Trained; its ``logits`` are explained.
        views: ``[B, 1, S, S]`` in 0..1.
        classes: ``[B]`` which label of each view.
    """
    from captum.attr import LayerGradCam

    maps = []
    with _readable(method, views.shape[-1]) as (network, place):
        explainer = LayerGradCam(network, place)
        for some, wanted in zip(
            torch.split(views, _VIEWS_AT_A_TIME), torch.split(classes, _VIEWS_AT_A_TIME), strict=True
        ):
            found = explainer.attribute(some, target=wanted.to(some.device), relu_attributions=True)
            maps.append(cast(Tensor, found).detach().float())
    size = views.shape[-1]
    raised = nn.functional.interpolate(torch.cat(maps), (size, size), mode="bilinear", align_corners=False)[:, 0]
    strongest = raised.amax(dim=(1, 2), keepdim=True)
    return torch.where(strongest > 0, raised / strongest.clamp_min(torch.finfo(raised.dtype).tiny), raised)


class _Answers(nn.Module):
    """From views to logits, with a place where the feature map can be read."""

    def __init__(self, method: Method, place: nn.Module | None) -> None:
        super().__init__()
        self.method, self.place = method, place

    def forward(self, views: Tensor) -> Tensor:
        backbone = self.method.backbone
        if self.place is None:  # a transformer carries its place in its last block
            return self.method.logits(backbone(views))
        net = cast(Any, backbone.net)
        found = self.place(net.forward_features(backbone.scaled(views)))
        return self.method.logits(net.forward_head(found))


class _ThroughGrid(nn.Module):
    """A layer over tokens whose output passes as a map ``[B, C, h, w]`` through a place where it can be read."""

    def __init__(self, layer: nn.Module, prefix_tokens: int) -> None:
        super().__init__()
        self.layer, self.prefix, self.place = layer, prefix_tokens, nn.Identity()

    def forward(self, tokens: Tensor) -> Tensor:
        normed = self.layer(tokens)
        before, patches = normed[:, : self.prefix], normed[:, self.prefix :]
        side = math.isqrt(patches.shape[1])
        grid = patches.transpose(1, 2).reshape(len(patches), -1, side, side)
        return torch.cat([before, self.place(grid).flatten(2).transpose(1, 2)], dim=1)


@contextmanager
def _readable(method: Method, size: int) -> Iterator[tuple[nn.Module, nn.Module]]:
    """Yield a network from views to logits and the place to read it at; the method is unchanged afterwards."""
    if not is_transformer(method.backbone.name):
        last = nn.Identity()
        yield _Answers(method, last), _last_wide_map(method, size) or last
        return
    net = cast(Any, method.backbone.net)
    block = net.blocks[-1]
    before = block.norm1
    block.norm1 = through = _ThroughGrid(before, net.num_prefix_tokens)
    try:
        yield _Answers(method, None), through.place
    finally:
        block.norm1 = before


def _last_wide_map(method: Method, size: int) -> nn.Module | None:
    """Return the module that ends in the last map with enough places, or None where that is the last one of all."""
    net = cast(Any, method.backbone.net)
    ends: list[dict[str, Any]] = list(getattr(net, "feature_info", []))
    wide = [end for end in ends if math.ceil(size / end["reduction"]) >= _LEAST_SIDE]
    if not wide or wide[-1] is ends[-1]:
        return None
    return cast(nn.Module, net.get_submodule(wide[-1]["module"]))
