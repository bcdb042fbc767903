"""Random numbers for the rows of a batch, the same however many processes share it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class ViewDraws:
    """Draws for the whole batch and hands out those of this process's rows.

    Two processes that share a batch therefore see, together, exactly the views that one process would see.

    Args:
        generator: see :func:`sonosift.batches.draws.torch_draws`.
        share: places of this process's rows in the whole batch; all of them when None.
        total: rows of the whole batch; needed with ``share``.
    """

    def __init__(self, generator: torch.Generator, share: Tensor | None = None, total: int | None = None) -> None:
        if share is not None and total is None:
            raise ValueError("a share needs the number of rows of the whole batch")
        self._generator, self._share, self._total = generator, share, total

    def uniform(self, count: int, *leading: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return ``[*leading, count]`` numbers, uniform between ``low`` and ``high``."""
        numbers = torch.empty(*leading, self._drawn(count)).uniform_(low, high, generator=self._generator)
        return self._mine(numbers)

    def integers(self, count: int, below: int) -> Tensor:
        """Return ``[count]`` whole numbers from 0 to ``below - 1``."""
        return self._mine(torch.randint(0, below, (self._drawn(count),), generator=self._generator))

    def beta(self, count: int, alpha: float, *leading: int) -> Tensor:
        """Return ``[*leading, count]`` numbers from the symmetric beta distribution."""
        seed = int(torch.randint(0, 2**62, (1,), generator=self._generator))
        numbers = np.random.default_rng(seed).beta(alpha, alpha, (*leading, self._drawn(count)))
        return self._mine(torch.from_numpy(numbers).float())

    def _drawn(self, count: int) -> int:
        if self._share is None:
            return count
        if count != len(self._share):
            raise ValueError(f"numbers for {count} rows were asked for; this process holds {len(self._share)}")
        assert self._total is not None
        return self._total

    def _mine(self, numbers: Tensor) -> Tensor:
        return numbers if self._share is None else numbers[..., self._share]
