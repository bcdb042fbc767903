"""From a classifier's logits to what it says: probabilities as they are stated, and the labels that it decides for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sonosift.metrics.calibration import tempered
from sonosift.metrics.thresholds import decide, highest


@dataclass(frozen=True)
class AnswerRules:
    """What of a training decides besides its weights.

    Attributes:
        labels: Names of the answers, one per logit.
        one_answer: Every frame has exactly one label, the likeliest; otherwise each label has a threshold.
        thresholds: One per label, on probabilities before the temperature; none with one answer.
        temperature: What logits are divided by before a probability is stated.
    """

    labels: tuple[str, ...]
    one_answer: bool
    thresholds: tuple[float, ...] = ()
    temperature: float | None = None

    def stated(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return ``[n, C]`` probabilities to be shown to people."""
        cooled = np.asarray(logits, dtype=np.float64) / (self.temperature or 1.0)
        return self._probabilities(cooled).astype(np.float64, copy=False)

    def decided(self, logits: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Return 0 or 1 for each label. The temperature changes nothing here.

        >>> rules = AnswerRules(("liver", "kidney"), one_answer=False, thresholds=(0.5, 0.2), temperature=3.0)
        >>> rules.decided(np.array([[-0.1, -0.1], [0.1, -2.0]])).tolist()
        [[0, 1], [1, 0]]
        """
        if self.one_answer:
            return highest(logits)
        # By the function that the thresholds were fitted with: one may equal a probability to the last bit.
        return decide(self._probabilities(np.asarray(logits, dtype=np.float32)), np.array(self.thresholds))

    @property
    def stated_thresholds(self) -> tuple[float, ...]:
        """The thresholds as they lie on the stated probabilities."""
        if self.temperature is None:
            return self.thresholds
        return tuple(tempered(np.array(self.thresholds), self.temperature).tolist())

    def _probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.floating]:
        values = torch.from_numpy(np.ascontiguousarray(logits))
        return (values.softmax(dim=1) if self.one_answer else values.sigmoid()).numpy()
