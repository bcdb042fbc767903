"""Batches of two halves, drawn independently: items with labels, and items without."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.batches.sampler import Sampler


class LabelledAndUnlabelled:
    """Each step shows a batch of labelled items and, after it, one of unlabelled items.

    The two pass over their items at a pace of their own: the labelled ones, few as they are, come round many times
    while the unlabelled ones come round once, which is the epoch. The unlabelled items stand behind the labelled ones
    in the training, so that an item's targets alone say which half it belongs to.

    Args:
        labelled: batches of the first items of the training.
        items: how many those are.
        unlabelled: batches of the others, counted from 0.
    """

    def __init__(self, labelled: Sampler, items: int, unlabelled: Sampler) -> None:
        self._labelled, self._items, self._unlabelled = labelled, items, unlabelled

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass over the unlabelled items."""
        return self._unlabelled.steps_per_epoch

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows of the batch of ``step``, labelled ones first."""
        return np.concatenate([self._labelled.rows(step), self._unlabelled.rows(step) + self._items])
