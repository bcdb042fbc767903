"""Batches in which every group is as likely as any other (DeepCluster)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sonosift.batches.draws import numpy_draws
from sonosift.errors import SonosiftError

Groups = Callable[[], NDArray[np.int64]]


class GroupSampler:
    """Each epoch shows as many frames as there are, drawn evenly over the groups that are not empty.

    A small group's frames come up several times, a large one's not all.

    Args:
        frames: the number of rows.
        groups: answers with the group of every row as it is now; they change from epoch to epoch.
        batch_size: frames per batch.
        seed: same seed, same batches for the same groups.
    """

    def __init__(self, frames: int, groups: Groups, *, batch_size: int, seed: int) -> None:
        if frames < 1:
            raise SonosiftError("there is no image to train on", "Check the split and the cohort: sonosift inspect.")
        self.frames = frames
        self.frames_in_batch = min(batch_size, frames)
        self._groups, self._seed = groups, seed
        self._epoch, self._order = -1, np.empty(0, dtype=np.int64)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one epoch."""
        return self.frames // self.frames_in_batch

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows of the batch of ``step``."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            draws = numpy_draws(self._seed, "group order", epoch)
            self._epoch, self._order = epoch, evenly_over_groups(self._groups(), self.frames, draws)
        return self._order[place * self.frames_in_batch : (place + 1) * self.frames_in_batch]


def evenly_over_groups(groups: NDArray[np.int64], count: int, draws: np.random.Generator) -> NDArray[np.int64]:
    """Draw ``count`` rows, the same number (give or take one) from every group that has any, in random order."""
    names, sizes = np.unique(groups, return_counts=True)
    by_group = np.split(np.argsort(groups, kind="stable").astype(np.int64), np.cumsum(sizes)[:-1])
    each = -(-count // len(names))
    drawn = [
        rows[draws.permutation(len(rows))][:each] if len(rows) >= each else rows[draws.integers(0, len(rows), each)]
        for rows in by_group
    ]
    order: NDArray[np.int64] = draws.permutation(np.concatenate(drawn))[:count]
    return order
