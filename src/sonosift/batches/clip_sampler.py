"""Batches of clips (USCL): from each clip three frames, in the order in which they were recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.batches.draws import numpy_draws
from sonosift.batches.sampler import Rows
from sonosift.errors import SonosiftError

FRAMES_OF_A_PAIR = 3
_ROUNDED_S = 1e-3
"""Times are kept to a tenth of a millisecond: a third of a second, rounded down, is still a third."""


class ClipSampler:
    """Each step shows ``clips_per_batch`` clips, three distinct frames of each; an epoch passes once over the clips.

    One pair per clip: no two negatives come from the same clip. ``rows(step)`` is ``[clips, 3]``. A clip of two frames
    gives ``(first, first, second)`` and a still ``(it, it, it)``: where the middle frame is the first one, nothing is
    to be mixed.

    Args:
        rows: what is known of the frames.
        clips_per_batch: 32 in the paper.
        chronological: sort the three frames by time (the paper); leave them as drawn (the published code).
        frames_per_second: leave out frames that follow closer upon each other (the paper has 3); None leaves out none.
        seed: same seed, same batches.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        clips_per_batch: int = 32,
        chronological: bool = True,
        frames_per_second: float | None = None,
        seed: int,
    ) -> None:
        if not len(rows):
            raise SonosiftError("there is no image to train on", "Check the split and the cohort: sonosift inspect.")
        _, clip = np.unique(np.asarray(rows.clips, dtype=str), return_inverse=True)
        order = np.lexsort((np.asarray(rows.index_in_clip), clip)).astype(np.int64)
        self._frames_of = np.split(order, np.flatnonzero(np.diff(clip[order])) + 1)
        if frames_per_second is not None and len(rows.times_s):
            times = np.asarray(rows.times_s, dtype=np.float64)
            self._frames_of = [frames[apart(times[frames], frames_per_second)] for frames in self._frames_of]
        self.clips = len(self._frames_of)
        self.clips_in_batch = min(clips_per_batch, self.clips)
        self._chronological, self._seed = chronological, seed

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the clips."""
        return self.clips // self.clips_in_batch

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return ``[clips, 3]`` rows: two ends and, in the middle column, the frame that both are mixed with."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = numpy_draws(self._seed, "clip order", epoch).permutation(self.clips)
        clips = order[place * self.clips_in_batch : (place + 1) * self.clips_in_batch]
        return np.stack([self._three(int(clip), epoch) for clip in clips])

    def _three(self, clip: int, epoch: int) -> NDArray[np.int64]:
        frames = self._frames_of[clip]
        if len(frames) < FRAMES_OF_A_PAIR:
            return np.array([frames[0], frames[0], frames[-1]])
        drawn = numpy_draws(self._seed, "frames of clip", epoch, clip).choice(
            len(frames), FRAMES_OF_A_PAIR, replace=False
        )
        return frames[np.sort(drawn) if self._chronological else drawn]


def apart(times_s: NDArray[np.float64], frames_per_second: float) -> NDArray[np.int64]:
    """Return the places of the frames that are kept of a clip: the first, then the next one after every interval.

    The same rule as in reading a film, so that a cohort read at this rate keeps all its frames. Where times are unknown
    or stand still, all are kept.

    >>> apart(np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]), 5.0)
    array([0, 2, 4, 6])
    """
    everything = np.arange(len(times_s))
    if len(times_s) < 2 or not (np.diff(times_s) > 0).all():
        return everything
    kept, due = [], times_s[0]
    for place, time in enumerate(times_s):
        if time + _ROUNDED_S >= due:
            kept.append(place)
            due = max(due + 1.0 / frames_per_second, time)
    return everything[kept]
