"""What every sampler offers: the rows of any step, without having walked the steps before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Sampler(Protocol):
    """Turns a step number into a batch of rows, so that training can resume at any step."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass over the data, at least 1."""

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows of the batch of ``step`` (counted from 0 over all epochs).

        ``[b]``, or ``[b, k]`` where an item of the batch is made of k frames.
        """


@dataclass(frozen=True)
class Rows:
    """What samplers may know of the frames of a training; entry n is about row n.

    Attributes:
        exams: the exam of each frame.
        clips: its clip.
        index_in_clip: its place in the clip.
        times_s: seconds since the clip began; empty where nothing asks for them.
    """

    exams: Sequence[str]
    clips: Sequence[str]
    index_in_clip: Sequence[int]
    times_s: Sequence[float] = ()

    def __len__(self) -> int:
        return len(self.exams)

    def part(self, places: slice) -> Rows:
        """Return what is known of some of the rows."""
        return Rows(self.exams[places], self.clips[places], self.index_in_clip[places], self.times_s[places])


def share_of(rows: NDArray[np.int64], rank: int, world: int) -> NDArray[np.int64]:
    """Return the places, in the batch, of the rows that one of ``world`` processes computes.

    >>> share_of(np.arange(5), 1, 2)
    array([1, 3])
    """
    return np.arange(rank, len(rows), world)
