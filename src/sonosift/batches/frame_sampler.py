"""Batches of single frames in random order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.batches.draws import numpy_draws
from sonosift.errors import SonosiftError


class FrameSampler:
    """Each step shows ``batch_size`` frames; an epoch passes once over the frames in random order.

    The frames left over at the end of an epoch are dropped (other ones each time). Fewer frames than one batch give
    batches of all frames: ``frames_in_batch`` says how many that is.

    Args:
        frames: the number of rows.
        batch_size: frames per batch.
        seed: same seed, same batches.
    """

    def __init__(self, frames: int, *, batch_size: int, seed: int) -> None:
        if frames < 1:
            raise SonosiftError("there is no image to train on", "Check the split and the cohort: sonosift inspect.")
        self.frames = frames
        self.frames_in_batch = min(batch_size, frames)
        self._seed = seed
        self._epoch, self._order = -1, np.empty(0, dtype=np.int64)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the frames."""
        return self.frames // self.frames_in_batch

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows of the batch of ``step``."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            # Kept for the epoch: of a million frames, drawing it anew would cost more than a step of a small network.
            self._epoch, self._order = epoch, numpy_draws(self._seed, "frame order", epoch).permutation(self.frames)
        return self._order[place * self.frames_in_batch : (place + 1) * self.frames_in_batch]
