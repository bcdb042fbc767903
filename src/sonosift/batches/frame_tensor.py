"""Stored frames as a tensor, on the training device when they fit there, shrunk once to the size of views' canvas."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

# The rest is for networks and activations.
_SHARE_OF_DEVICE = 0.5


class FrameTensor:
    """All frames of a training in memory, on the training device when they fit there: training needs no loader.

    Args:
        frames: ``[n, H, W]`` uint8.
        device: where batches are wanted. Where all frames would take more than half of what is free on it, they stay
            where they are and batches are copied over.
    """

    def __init__(self, frames: Tensor, device: torch.device | str = "cpu") -> None:
        if frames.ndim != 3 or frames.dtype != torch.uint8:
            raise ValueError(f"frames must be uint8 [n, H, W], received {frames.dtype} {tuple(frames.shape)}")
        self._device = torch.device(device)
        free = free_on(self._device)
        fits = free is None or frames.numel() <= _SHARE_OF_DEVICE * free
        self._frames = frames.to(self._device) if fits else frames

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def device(self) -> torch.device:
        """Where batches arrive."""
        return self._device

    @property
    def home(self) -> torch.device:
        """Where the frames lie."""
        return self._frames.device

    def to(self, device: torch.device | str) -> FrameTensor:
        """Return the same frames with batches on another device."""
        return FrameTensor(self._frames, device)

    def gather(self, rows: NDArray[np.int64]) -> Tensor:
        """Return ``[*rows.shape, H, W]`` uint8 in the order of ``rows``."""
        found = self._frames[torch.from_numpy(np.ascontiguousarray(rows)).to(self.home)]
        return found.to(self._device)

    def expect(self, rows: NDArray[np.int64]) -> None:
        """Nothing is to be fetched: everything is here."""


def shrink(frames: Tensor, size: int) -> Tensor:
    """Scale square uint8 frames down to ``size`` pixels, smoothing first; smaller ones are left as they are."""
    if frames.shape[1] <= size:
        return frames.clone()
    return scaled_down(frames, size).round_().clamp_(0, 255).to(torch.uint8)


def scaled_down(frames: Tensor, size: int) -> Tensor:
    """Scale frames ``[n, H, W]`` down to a square of ``size`` pixels, smoothing first, as floats."""
    return F.interpolate(frames[:, None].float(), size=(size, size), mode="bilinear", antialias=True)[:, 0]


def free_on(device: torch.device) -> int | None:
    """Return the free bytes of an accelerator, or None where main memory is used (or nobody knows)."""
    if device.type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    return int(free)
