"""Cover a square of every image with one grey."""

from __future__ import annotations

import torch
from torch import Tensor


def cutout(images: Tensor, side: Tensor, across: Tensor, down: Tensor, grey: float = 0.0) -> Tensor:
    """Cover a square whose middle lies anywhere in the image, so that its edges may lie outside.

    Args:
        images: ``[B, 1, S, S]``.
        side: ``[B]`` in pixels.
        across: ``[B]`` in 0..1, where the middle lies.
        down: the same, from the top.
        grey: what it is covered with.
    """
    size = images.shape[-1]
    pixel = torch.arange(size, device=images.device, dtype=images.dtype)[None] + 0.5
    half = side.to(images)[:, None] / 2
    rows = (pixel - (down.to(images) * size)[:, None]).abs() <= half
    columns = (pixel - (across.to(images) * size)[:, None]).abs() <= half
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], grey)
