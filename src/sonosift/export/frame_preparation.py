"""From a stored frame to the view of an evaluation, with fixed sizes: four constant matrices and one rounding.

The product scales frames with functions that look at the size of their batch; a graph that is written down once must
not. Scaling is linear and separable, so the matrices are read off those functions themselves.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sonosift.batches.frame_tensor import scaled_down
from sonosift.batches.random_views import canvas_size, centre_view

_NARROW = 2
"""Columns of the pictures that rows are measured with: columns do not mix with rows."""


class FramePreparation(nn.Module):
    """``[N, height, width]`` uint8 becomes ``[N, 1, image_size, image_size]`` in 0..1."""

    def __init__(self, height: int, width: int, image_size: int) -> None:
        super().__init__()
        canvas = canvas_size(image_size)
        self._shrinks = height > canvas
        if self._shrinks:
            self._keep("shrink", height, width, lambda frames: scaled_down(frames, canvas))
            height = width = canvas
        self._keep("view", height, width, lambda frames: centre_view(frames, image_size)[:, 0] * 255.0)

    def forward(self, frames: Tensor) -> Tensor:
        """Scale down, round to grey values, cut out the middle."""
        pixels = frames.float()
        if self._shrinks:
            pixels = self._scaled("shrink", pixels).round().clamp(0, 255)
        return (self._scaled("view", pixels) / 255.0)[:, None]

    def _scaled(self, what: str, pixels: Tensor) -> Tensor:
        rows, columns = self.get_buffer(f"{what}_rows"), self.get_buffer(f"{what}_columns")
        return torch.matmul(torch.matmul(rows, pixels), columns)

    def _keep(self, what: str, height: int, width: int, scale: Callable[[Tensor], Tensor]) -> None:
        self.register_buffer(f"{what}_rows", _row_weights(height, scale))
        self.register_buffer(f"{what}_columns", _row_weights(width, scale).T.contiguous())


def _row_weights(pixels: int, scale: Callable[[Tensor], Tensor]) -> Tensor:
    """Return ``[size, pixels]``: how much of each row goes into each row of the scaled picture.

    Picture ``i`` is 1 in its row ``i`` and 0 elsewhere. What is true of rows is true of columns.
    """
    lit = torch.eye(pixels)[:, :, None].expand(pixels, pixels, _NARROW).contiguous()
    return scale(lit)[:, :, 0].T.contiguous()
