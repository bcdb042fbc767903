"""What every way of clustering answers with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sonosift.clusters.group_model import Assigned


@dataclass(frozen=True)
class TrainedGroups:
    """Groups of all frames.

    Attributes:
        assigned: group, confidence and, where there are any, probabilities of every frame.
        features: the features that go with them.
        steps: steps of training; 0 where nothing was trained.
        best_step: the step that was kept.
        notes: what the user has to know.
    """

    assigned: Assigned
    features: NDArray[np.float32]
    steps: int = 0
    best_step: int | None = None
    notes: list[str] = field(default_factory=list)
