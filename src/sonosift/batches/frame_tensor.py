"""Stored frames as a tensor on the training device, shrunk once to the size that views are cut from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from sonosift.errors import SonosiftError
from sonosift.machine import progress

Read = Callable[[Sequence[str]], NDArray[np.uint8]]

_ROWS_AT_A_TIME = 256


class FrameTensor:
    """All frames of a training, resident on one device, so that training needs no loader.

    Args:
        frames: ``[n, H, W]`` uint8.
        device: where batches are wanted.
    """

    def __init__(self, frames: Tensor, device: torch.device | str = "cpu") -> None:
        if frames.ndim != 3 or frames.dtype != torch.uint8:
            raise ValueError(f"frames must be uint8 [n, H, W], received {frames.dtype} {tuple(frames.shape)}")
        self._frames = frames.to(device)

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def device(self) -> torch.device:
        """Where the frames lie."""
        return self._frames.device

    def to(self, device: torch.device | str) -> FrameTensor:
        """Return the same frames on another device."""
        return FrameTensor(self._frames, device)

    def gather(self, rows: NDArray[np.int64]) -> Tensor:
        """Return ``[b, H, W]`` uint8 in the order of ``rows``."""
        return self._frames[torch.from_numpy(np.ascontiguousarray(rows)).to(self.device)]


def load_frames(read: Read, frame_ids: Sequence[str], size: int, title: str = "load frames") -> FrameTensor:
    """Read frames a few at a time and keep them, in main memory, ``size`` pixels wide.

    Frames smaller than ``size`` keep their size: enlarging them would add nothing.
    """
    if not frame_ids:
        raise SonosiftError("there is no frame to load", "Check the split and the cohort: sonosift inspect.")
    _check_memory(len(frame_ids), size)
    starts = range(0, len(frame_ids), _ROWS_AT_A_TIME)
    parts = [
        shrink(torch.from_numpy(read(frame_ids[start : start + _ROWS_AT_A_TIME])), size)
        for start in progress.track(starts, title, unit="batch")
    ]
    return FrameTensor(torch.cat(parts))


def shrink(frames: Tensor, size: int) -> Tensor:
    """Scale square uint8 frames down to ``size`` pixels, smoothing first; smaller ones are left as they are."""
    if frames.shape[1] <= size:
        return frames.clone()
    scaled = F.interpolate(frames[:, None].float(), size=(size, size), mode="bilinear", antialias=True)
    return scaled[:, 0].round_().clamp_(0, 255).to(torch.uint8)


def _check_memory(frames: int, size: int) -> None:
    import psutil

    gib = 2**30
    needed, free = frames * size * size / gib, psutil.virtual_memory().available / gib
    if needed > 0.8 * free:
        raise SonosiftError(
            f"{frames} frames of {size} pixels need {needed:.1f} GiB of memory; {free:.1f} GiB are free",
            "Use a smaller image size or a part of the cohort.",
        )
