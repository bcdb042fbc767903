"""Batches of clips (USCL): from each clip three frames, in the order in which they were recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.batches.draws import numpy_draws
from sonosift.batches.sampler import Rows
from sonosift.errors import SonosiftError

FRAMES_OF_A_PAIR = 3


class ClipSampler:
    """Each step shows ``clips_per_batch`` clips, three distinct frames of each; an epoch passes once over the clips.

    One pair per clip: no two negatives come from the same clip. ``rows(step)`` is ``[clips, 3]``. A clip of two frames
    gives ``(first, first, second)`` and a still ``(it, it, it)``: where the middle frame is the first one, nothing is
    to be mixed.

    Args:
        rows: what is known of the frames.
        clips_per_batch: 32 in the paper.
        chronological: sort the three frames by time (the paper); leave them as drawn (the published code).
        seed: same seed, same batches.
    """

    def __init__(self, rows: Rows, *, clips_per_batch: int = 32, chronological: bool = True, seed: int) -> None:
        if not len(rows):
            raise SonosiftError("there is no image to train on", "Check the split and the cohort: sonosift inspect.")
        _, clip = np.unique(np.asarray(rows.clips, dtype=str), return_inverse=True)
        order = np.lexsort((np.asarray(rows.index_in_clip), clip)).astype(np.int64)
        self._frames_of = np.split(order, np.flatnonzero(np.diff(clip[order])) + 1)
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
