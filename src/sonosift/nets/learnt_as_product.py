"""A convolution whose weights are learnt by a matrix product on a CPU.

In bfloat16 the CPU library takes several times as long for the gradient of the weights as for the convolution when the
map is small and the layer wide; the product of the answer's gradient with the unfolded map is the same sum
(``benchmarks/pretrain/small_maps.py`` prints how long both take).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

MOST_PLACES = 49
"""7x7 places gain, 8x8 do not."""
FEWEST_CHANNELS = 256
"""Of the answer: narrower layers lose."""

Pair = tuple[int, int]


def gains(places: int, channels: int, precision: torch.dtype) -> bool:
    """Say whether the product is the faster way for an answer of so many places and channels."""
    return precision == torch.bfloat16 and places <= MOST_PLACES and channels >= FEWEST_CHANNELS


def convolve(images: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Tensor:
    """Convolve ``[B, C, H, W]`` as ``F.conv2d`` does; only how the gradient is found differs."""
    answers: Tensor = _Convolution.apply(images, weight, stride, padding)
    return answers


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding = stride, padding
        with torch.autocast("cpu", enabled=False):
            return F.conv2d(images, weight, None, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        images, weight = ctx.saved_tensors
        of_images, of_weight = None, None
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", enabled=False):
            if ctx.needs_input_grad[0]:
                of_images = torch.ops.aten.convolution_backward(
                    gradient, images, weight, None, ctx.stride, ctx.padding, (1, 1), False, (0, 0), 1,
                    (True, False, False),
                )[0]  # fmt: skip
            if ctx.needs_input_grad[1]:
                seen = _patches(images, weight.shape[2:], gradient.shape[2:], ctx.stride, ctx.padding)
                rows = gradient.permute(0, 2, 3, 1).reshape(-1, len(weight)).t() @ seen
                of_weight = rows.view(len(weight), *weight.shape[2:], -1).permute(0, 3, 1, 2)
        return of_images, of_weight, None, None


def _patches(images: Tensor, kernel: torch.Size, places: torch.Size, stride: Pair, padding: Pair) -> Tensor:
    """Return what each place sees, ``[places of all images, kernel height * kernel width * channels]``."""
    down, right = padding
    padded = F.pad(images.permute(0, 2, 3, 1), (0, 0, right, right, down, down)).contiguous()
    of_image, of_row, of_column, _ = padded.stride()
    # What a row of the kernel sees lies side by side in memory.
    seen = padded.as_strided(
        (len(images), *places, *kernel, images.shape[1]),
        (of_image, of_row * stride[0], of_column * stride[1], of_row, of_column, 1),
    )
    return seen.reshape(len(images) * places.numel(), -1)
