"""Cut a box of its own out of every image of a batch and scale it, as two batched matrix products.

Scaling is separable: rows are weighted sums of rows, columns of columns. Written as matrices it costs far less than a
per-image loop, runs on any device, and smooths when it shrinks (no aliasing of speckle), like torchvision's antialiased
bilinear ``resized_crop``, whose values it reproduces.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Boxes(NamedTuple):
    """One box per image in pixels, each ``[B]`` float32; ``flip`` ``[B]`` mirrors the result left to right."""

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    flip: Tensor


def crop_resize(frames: Tensor, boxes: Boxes, size: int | tuple[int, int], *, bicubic: bool = False) -> Tensor:
    """Return every frame's box as ``[B, 1, height, width]`` float32 in 0..1.

    Args:
        frames: ``[B, H, W]`` uint8, or grey values 0..255 as floats.
        boxes: inside the frames.
        size: height and width of the result, or one number for a square.
        bicubic: with the sharper kernel of antialiased bicubic scaling; what overshoots is held to 0..1.
    """
    device = frames.device
    height, width = (size, size) if isinstance(size, int) else size
    rows = _weights(boxes.top.to(device), boxes.height.to(device), frames.shape[1], height, bicubic)
    columns = _weights(boxes.left.to(device), boxes.width.to(device), frames.shape[2], width, bicubic)
    columns = torch.where(boxes.flip.to(device)[:, None, None], columns.flip(1), columns)
    scaled = torch.bmm(torch.bmm(rows, frames.float()), columns.transpose(1, 2))
    scaled = (scaled / 255.0).unsqueeze(1)
    return scaled.clamp_(0.0, 1.0) if bicubic else scaled


def _weights(start: Tensor, length: Tensor, pixels: int, size: int, bicubic: bool) -> Tensor:
    """Return ``[B, size, pixels]``: how much of each input pixel goes into each output pixel; rows sum to 1."""
    scale = (length / size)[:, None]
    centre = start[:, None] + (torch.arange(size, device=start.device) + 0.5) * scale
    pixel = torch.arange(pixels, device=start.device, dtype=torch.float32) + 0.5
    reach = scale.clamp(min=1.0)[:, :, None]
    distance = (pixel - centre[:, :, None]).abs_() / reach
    weights = _cubic(distance) if bicubic else (1 - distance).clamp_(min=0.0)
    # Pixels outside the box do not bleed in: the box is cut first and scaled then.
    inside = (pixel > start[:, None]) & (pixel < (start + length)[:, None])
    weights *= inside[:, None, :]
    return weights / weights.sum(dim=2, keepdim=True).clamp_(min=1e-12)


def _cubic(distance: Tensor) -> Tensor:
    """Keys' cubic convolution with a = -1/2, as image libraries use it when they smooth."""
    near = (1.5 * distance - 2.5) * distance**2 + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    return torch.where(distance < 1, near, torch.where(distance < 2, far, 0.0))
