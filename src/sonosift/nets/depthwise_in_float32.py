"""Convolutions of one channel at a time, computed in float32 on a CPU whatever the rest of the network computes in.

The CPU library has no fast bfloat16 for them: a network made of them (EfficientNet, MobileNet) takes twice as long in
bfloat16 as in float32 because of these layers alone. With them in float32 it is the faster one
(``benchmarks/pretrain/depthwise.py`` prints how long each takes).
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn


class DepthwiseConv2d(nn.Conv2d):
    """A convolution with the same weights and, under autocast on a CPU, answers in float32."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's name)
        """Convolve ``[B, C, H, W]``."""
        # Compiled it stays the convolution that it is: the compiler has kernels of its own.
        lowered = input.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        if not lowered or torch.compiler.is_compiling():
            return super().forward(input)
        with torch.autocast("cpu", enabled=False):
            return super().forward(input.float())


def compute_depthwise_in_float32(network: nn.Module) -> None:
    """Let the convolutions of one channel at a time compute in float32 on a CPU; weights and names stay."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and 1 < module.groups == module.in_channels:
            module.__class__ = _depthwise(type(module))  # type: ignore[arg-type]  # mypy: classes cannot be hashed


@functools.cache
def _depthwise(kind: type[nn.Conv2d]) -> type[nn.Conv2d]:
    """Return a class that pads as ``kind`` does (timm has one that pads as TensorFlow does)."""
    if issubclass(kind, DepthwiseConv2d):
        return kind
    return DepthwiseConv2d if kind is nn.Conv2d else type(f"Depthwise{kind.__name__}", (DepthwiseConv2d, kind), {})
