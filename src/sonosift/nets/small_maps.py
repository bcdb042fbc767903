"""Convolutions over maps of a few places, computed as matrix products on a CPU.

The last layers of a ResNet see 2x2 places of a 64-pixel image. There the CPU library's convolutions, and above all
their gradients, take several times as long as the product of the unfolded map with the weights, which is the same sum
(``benchmarks/pretrain/small_maps.py`` prints how long both take).
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sonosift.nets import learnt_as_product
from sonosift.nets.learnt_as_product import Pair

MOST_PLACES = 9
"""Above this the unfolded map costs more than it saves: 2x2 and 3x3 places gain, 4x4 do not."""
_FEWEST_CHANNELS = 64


def compute_small_maps_as_products(network: nn.Module) -> None:
    """Let the convolutions of a network compute small maps as matrix products while it learns or embeds on a CPU."""
    for module in network.modules():
        if type(module) is nn.Conv2d and _fits(module):
            module.__class__ = SmallMapConv2d


class SmallMapConv2d(nn.Conv2d):
    """A convolution with the same weights and answers; how it computes them depends on the size of the map."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's name)
        """Convolve ``[B, C, H, W]``."""
        height, width = (self._places(side, axis) for axis, side in enumerate(input.shape[2:]))
        if not (_ours(self) and input.device.type == "cpu" and 1 <= height * width <= MOST_PLACES):
            return super().forward(input)
        # Channels last, as training holds images and weights: nothing has to be reordered.
        down, right = self.kernel_size
        padded = F.pad(input.permute(0, 2, 3, 1), self._around())
        seen = [
            padded[:, y : y + self.stride[0] * height : self.stride[0], x : x + self.stride[1] * width : self.stride[1]]
            for y in range(down)
            for x in range(right)
        ]
        patches = torch.cat(seen, dim=3).flatten(0, 2)
        answers = patches @ self.weight.permute(0, 2, 3, 1).flatten(1).t()
        if self.bias is not None:
            answers = answers + self.bias
        return answers.view(len(input), height, width, -1).permute(0, 3, 1, 2)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:  # noqa: A002 (torch's name)
        height, width = (self._places(side, axis) for axis, side in enumerate(input.shape[2:]))
        precision = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else input.dtype
        learns = self.training and _ours(self) and input.device.type == "cpu" and bias is None
        if learns and learnt_as_product.gains(height * width, self.out_channels, precision):
            stride, padding = cast(Pair, self.stride), cast(Pair, self.padding)
            return learnt_as_product.convolve(input.to(precision), weight.to(precision), stride, padding)
        return cast(Tensor, super()._conv_forward(input, weight, bias))

    def _around(self) -> tuple[int, ...]:
        """The padding as ``F.pad`` takes it, for ``[B, H, W, C]``."""
        top, left = (int(pixels) for pixels in self.padding)
        return (0, 0, left, left, top, top)

    def _places(self, side: int, axis: int) -> int:
        return (side + 2 * int(self.padding[axis]) - self.kernel_size[axis]) // self.stride[axis] + 1


def _ours(layer: nn.Module) -> bool:
    """Elsewhere (compiled, an export, a look at where the network looks) it stays the convolution that it is."""
    return not torch.compiler.is_compiling() and (layer.training or torch.is_inference_mode_enabled())


def _fits(layer: nn.Conv2d) -> bool:
    plain = layer.groups == 1 and layer.dilation == (1, 1) and layer.padding_mode == "zeros"
    wide = layer.in_channels >= _FEWEST_CHANNELS and layer.kernel_size != (1, 1)
    return plain and wide and not isinstance(layer.padding, str)
