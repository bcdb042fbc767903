"""Where labels and groups contradict each other: frames that differ from their group, groups that do not agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonosift.clusters.label_matching import match_clusters

LEAST_LABELLED = 5
AGREED = 0.8
"""A group agrees on a label that at least this share of its other labelled frames carries, or does not carry."""


class FrameConflict(NamedTuple):
    """A labelled frame whose group agrees on something else.

    Attributes:
        place: its row.
        group: its group.
        missing: labels that the group agrees on and the frame lacks.
        surplus: labels that the frame carries instead, and the group agrees are not there.
        strength: how much of the rest of the group says so, at most.
    """

    place: int
    group: int
    missing: list[str]
    surplus: list[str]
    strength: float


class GroupConflict(NamedTuple):
    """A group whose labelled frames do not agree.

    Attributes:
        group: its number.
        labelled: labelled frames in it.
        label: the label that divides it most evenly.
        share: the share of its labelled frames that carry it.
    """

    group: int
    labelled: int
    label: str
    share: float


def frame_conflicts(
    groups: NDArray[np.integer], labels: NDArray[np.integer], names: Sequence[str]
) -> list[FrameConflict]:
    """Return frames that lack a label which the rest of their group agrees on, the clearest first.

    Args:
        groups: ``[n]`` group of each labelled frame.
        labels: ``[n, C]`` of 0 and 1.
        names: the labels' names.
    """
    numbers, index = np.unique(groups, return_inverse=True)
    matched = match_clusters(index, labels, len(numbers))
    sizes = matched.sizes[index]
    # Without the frame itself: it must not speak for its own group.
    others = (matched.label_shares[index] * sizes[:, None] - labels) / np.maximum(sizes - 1, 1)[:, None]
    found = []
    for place in np.flatnonzero(sizes > LEAST_LABELLED):
        missing = (others[place] >= AGREED) & (labels[place] == 0)
        surplus = (others[place] <= 1 - AGREED) & (labels[place] == 1)
        # A rare label is absent from most of any group: what counts is lacking what the group is about.
        if missing.any():
            found.append(
                FrameConflict(
                    int(place),
                    int(groups[place]),
                    [name for name, there in zip(names, missing, strict=True) if there],
                    [name for name, there in zip(names, surplus, strict=True) if there],
                    float(others[place][missing].max()),
                )
            )
    return sorted(found, key=lambda conflict: (-conflict.strength, conflict.place))


def group_conflicts(
    groups: NDArray[np.integer], labels: NDArray[np.integer], names: Sequence[str]
) -> list[GroupConflict]:
    """Return groups in which neither presence nor absence of some label is agreed on, the most divided first."""
    numbers, index = np.unique(groups, return_inverse=True)
    matched = match_clusters(index, labels, len(numbers))
    found = []
    for place in np.flatnonzero(matched.sizes >= LEAST_LABELLED):
        shares = matched.label_shares[place]
        label = int(np.abs(shares - 0.5).argmin())
        if 1 - AGREED < shares[label] < AGREED:
            conflict = GroupConflict(int(numbers[place]), int(matched.sizes[place]), names[label], float(shares[label]))
            found.append(conflict)
    return sorted(found, key=lambda conflict: (abs(conflict.share - 0.5), conflict.group))
