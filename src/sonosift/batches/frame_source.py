"""Where a training's frames come from: memory, or the disk when they do not fit."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class FrameSource(Protocol):
    """All frames of a training, by their row, at the size that views are cut from."""

    def __len__(self) -> int:
        """Return the number of frames."""

    @property
    def device(self) -> torch.device:
        """Where batches arrive."""

    def to(self, device: torch.device | str) -> FrameSource:
        """Return the same frames with batches on another device."""

    def gather(self, rows: NDArray[np.int64]) -> Tensor:
        """Return ``[*rows.shape, H, W]`` uint8 in the order of ``rows``."""

    def expect(self, rows: NDArray[np.int64]) -> None:
        """Say which rows will be asked for next; they may be fetched meanwhile. Not binding."""
