"""What every sampler offers: the rows of any step, without having walked the steps before it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Sampler(Protocol):
    """Turns a step number into a batch of rows, so that training can resume at any step."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass over the data, at least 1."""

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows of the batch of ``step`` (counted from 0 over all epochs) for this process."""
