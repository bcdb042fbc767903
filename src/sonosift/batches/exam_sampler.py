"""Batches of whole exams (Dadoun et al. 2023): draw exams, take all their images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonosift.batches.draws import numpy_draws
from sonosift.errors import SonosiftError


class ExamSampler:
    """Each step shows all images of ``exams_per_batch`` exams; an epoch passes once over the exams in random order.

    The exams left over at the end of an epoch are dropped (other ones each time). A cohort with fewer exams than one
    batch gives batches of all its exams: ``exams_in_batch`` says how many that is.

    Args:
        exams: the exam of every row.
        exams_per_batch: 16 in the paper.
        max_images_per_exam: at most this many images of an exam at a time, drawn anew each epoch; all when None.
        seed: same seed, same batches.
    """

    def __init__(
        self,
        exams: Sequence[str],
        *,
        exams_per_batch: int = 16,
        max_images_per_exam: int | None = None,
        seed: int,
    ) -> None:
        if len(exams) == 0:
            raise SonosiftError("there is no image to train on", "Check the split and the cohort: sonosift inspect.")
        _, index = np.unique(np.asarray(exams, dtype=str), return_inverse=True)
        order = np.argsort(index, kind="stable")
        self._rows_of_exam = np.split(order.astype(np.int64), np.flatnonzero(np.diff(index[order])) + 1)
        self.exams = len(self._rows_of_exam)
        self.exams_in_batch = min(exams_per_batch, self.exams)
        self._most = max_images_per_exam
        self._seed = seed

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the exams."""
        return self.exams // self.exams_in_batch

    def exams_of(self, step: int) -> NDArray[np.int64]:
        """Return the exams (as numbers in sorted order of their names) of the batch of ``step``."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = numpy_draws(self._seed, "exam order", epoch).permutation(self.exams)
        return order[place * self.exams_in_batch : (place + 1) * self.exams_in_batch]

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows of the exams in the batch of ``step``, exam after exam."""
        epoch = step // self.steps_per_epoch
        return np.concatenate([self._images(int(exam), epoch) for exam in self.exams_of(step)])

    def _images(self, exam: int, epoch: int) -> NDArray[np.int64]:
        rows = self._rows_of_exam[exam]
        if self._most is None or len(rows) <= self._most:
            return rows
        chosen = numpy_draws(self._seed, "images of exam", epoch, exam).choice(len(rows), self._most, replace=False)
        return rows[np.sort(chosen)]
