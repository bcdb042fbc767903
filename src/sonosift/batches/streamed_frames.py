"""Frames read from the disk batch by batch, for cohorts that memory cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonosift.batches.frame_tensor import shrink

Read = Callable[[Sequence[str]], NDArray[np.uint8]]


class StreamedFrames:
    """Gives the same batches as :class:`~sonosift.batches.frame_tensor.FrameTensor`, without keeping any frame.

    While a step is computed, a thread reads the batch that the next one was said to want. It spends its time in reading
    and in torch, both outside Python's lock; the system's page cache keeps what fits.

    Args:
        read: returns ``[n, H, W]`` uint8 frames by their ids, in the order asked for.
        frame_ids: the ids; row n is the n-th.
        size: pixels that larger frames are shrunk to.
        device: where batches are wanted.
    """

    def __init__(self, read: Read, frame_ids: Sequence[str], size: int, device: torch.device | str = "cpu") -> None:
        self._read, self._size, self._device = read, size, torch.device(device)
        self._ids = np.asarray(frame_ids)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="frames")
        self._coming: tuple[NDArray[np.int64], Future[Tensor]] | None = None

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def device(self) -> torch.device:
        """Where batches arrive."""
        return self._device

    def to(self, device: torch.device | str) -> StreamedFrames:
        """Return the same frames with batches on another device."""
        return StreamedFrames(self._read, self._ids.tolist(), self._size, device)

    def gather(self, rows: NDArray[np.int64]) -> Tensor:
        """Return ``[*rows.shape, H, W]`` uint8 in the order of ``rows``."""
        coming, self._coming = self._coming, None
        if coming is not None and np.array_equal(coming[0], rows):
            frames = coming[1].result()
        else:
            frames = self._fetch(rows)
        return frames.to(self._device, non_blocking=True)

    def expect(self, rows: NDArray[np.int64]) -> None:
        """Begin to read these rows."""
        self._coming = rows, self._reader.submit(self._fetch, rows)

    def _fetch(self, rows: NDArray[np.int64]) -> Tensor:
        frames = shrink(torch.from_numpy(self._read(self._ids[rows.ravel()].tolist())), self._size)
        frames = frames.view(*rows.shape, *frames.shape[1:])
        return frames.pin_memory() if self._device.type == "cuda" else frames
