"""Have groups emptied? Self-labelling does that to many (FUSC: 120 groups became 35, and 15)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonosift.metrics.clustering import effective_clusters, filled_clusters

LEAST_FILLED = 0.9
LEAST_EFFECTIVE = 0.7


class Collapse(NamedTuple):
    """How the groups changed.

    Attributes:
        collapsed: fewer than 90 % of the groups that were filled before still are, or their sizes are as uneven as if
            fewer than 70 % of the effective groups were left.
        before: filled groups before.
        after: filled groups now.
        effective_before: how many equally large groups would have been as even.
        effective_after: the same now.
    """

    collapsed: bool
    before: int
    after: int
    effective_before: float
    effective_after: float

    def words(self) -> str:
        """Say it in one sentence."""
        verdict = "the groups have collapsed" if self.collapsed else "the groups have kept"
        return (
            f"{verdict}: {self.after} of {self.before} filled, "
            f"as even as {self.effective_after:.1f} equal groups (before: {self.effective_before:.1f})"
        )


def look_for_collapse(before: NDArray[np.integer], after: NDArray[np.integer]) -> Collapse:
    """Compare the groups of the same frames before and after a step that can empty them.

    >>> look_for_collapse(np.array([0, 1, 2, 3]), np.array([0, 1, 1, 1])).words()
    'the groups have collapsed: 2 of 4 filled, as even as 1.8 equal groups (before: 4.0)'
    """
    filled = filled_clusters(before), filled_clusters(after)
    effective = effective_clusters(before), effective_clusters(after)
    collapsed = filled[1] < LEAST_FILLED * filled[0] or effective[1] < LEAST_EFFECTIVE * effective[0]
    return Collapse(collapsed, *filled, *effective)
