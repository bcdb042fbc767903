"""Batches of pairs: an image, and one of its neighbours (FUSC)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.batches.draws import numpy_draws
from sonosift.batches.frame_sampler import FrameSampler


class NeighbourSampler:
    """Each step shows ``batch_size`` images, each with one entry of its row of the table, all equally likely.

    Column 0 of the table is the image itself, so that now and then an image is its own neighbour, as published.

    Args:
        table: ``[n, neighbours + 1]``.
        batch_size: pairs per batch.
        seed: same seed, same batches.
    """

    def __init__(self, table: NDArray[np.int64], *, batch_size: int, seed: int) -> None:
        self._anchors = FrameSampler(len(table), batch_size=batch_size, seed=seed)
        self._table, self._seed = table, seed

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the images."""
        return self._anchors.steps_per_epoch

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return ``[batch, 2]``: the images, and a neighbour of each."""
        anchors = self._anchors.rows(step)
        drawn = numpy_draws(self._seed, "neighbours", step).integers(0, self._table.shape[1], len(anchors))
        return np.stack([anchors, self._table[anchors, drawn]], axis=1)
