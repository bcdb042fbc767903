"""Which frames a sheet shows: the surest, one of each clip, for the frames of a clip look all the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def surest_of_clips(scores: NDArray[np.floating], clips: Sequence[str], count: int) -> list[int]:
    """Return the places of up to ``count`` highest scores, at most one of each clip, the highest first.

    >>> surest_of_clips(np.array([0.9, 0.8, 0.1, 0.85]), ["a", "a", "b", "c"], 3)
    [0, 3, 2]
    """
    best: dict[str, int] = {}
    for place in np.argsort(-scores, kind="stable"):
        best.setdefault(clips[place], int(place))
    return list(best.values())[:count]
