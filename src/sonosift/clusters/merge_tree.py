"""Many groups, joined two at a time, the most alike first: an expert cuts the tree instead of choosing K."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from sonosift.errors import SonosiftError
from sonosift.neighbours.checked_embeddings import unit_rows

FILE_NAME = "merge_tree.json"


class Joining(BaseModel):
    """One step of the tree.

    Attributes:
        first: a group, or an earlier joining (numbered on from the groups, in order).
        second: the other one.
        height: mean distance, 1 - cosine, between frames of the two.
        frames: frames in both together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: int
    second: int
    height: float
    frames: int


class MergeTree(BaseModel):
    """The tree.

    Attributes:
        groups: numbers of the groups that are its leaves, in order: leaf n is ``groups[n]``.
        sizes: frames of each.
        joinings: from the most alike to the last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    groups: list[int]
    sizes: list[int]
    joinings: list[Joining]

    def cut(self, count: int) -> dict[int, int]:
        """Say which of ``count`` larger groups every group belongs to, numbered by size, the largest 0."""
        if not 1 <= count <= len(self.groups):
            raise SonosiftError(
                f"{len(self.groups)} groups cannot be merged to {count}", f"Use a number from 1 to {len(self.groups)}."
            )
        members: dict[int, list[int]] = {leaf: [leaf] for leaf in range(len(self.groups))}
        for step, joining in enumerate(self.joinings[: len(self.groups) - count]):
            members[len(self.groups) + step] = members.pop(joining.first) + members.pop(joining.second)
        ordered = sorted(members.values(), key=lambda leaves: (-sum(self.sizes[leaf] for leaf in leaves), min(leaves)))
        return {self.groups[leaf]: number for number, leaves in enumerate(ordered) for leaf in leaves}


def merge_tree(features: NDArray[np.floating[Any]], groups: NDArray[np.integer[Any]]) -> MergeTree:
    """Build the tree by average linkage: groups are as far apart as their frames are on average.

    The mean of 1 - cosine over all pairs is one minus the inner product of the two mean unit vectors, so that no pair
    of frames is ever looked at.

    Args:
        features: ``[n, d]``.
        groups: ``[n]``; negative ones (frames set apart) are left out.
    """
    known = groups >= 0
    numbers, index, sizes = np.unique(groups[known], return_inverse=True, return_counts=True)
    if len(numbers) == 0:
        raise SonosiftError("there is no group to merge")
    sums = np.zeros((len(numbers), features.shape[1]))
    np.add.at(sums, index, unit_rows(features[known]).astype(np.float64))
    means = {leaf: sums[leaf] / sizes[leaf] for leaf in range(len(numbers))}
    counts = {leaf: int(sizes[leaf]) for leaf in range(len(numbers))}
    distances = {
        (one, other): 1.0 - float(means[one] @ means[other]) for one in means for other in means if one < other
    }
    joinings: list[Joining] = []
    while distances:
        (one, other), height = min(distances.items(), key=lambda entry: (entry[1], entry[0]))
        new = len(numbers) + len(joinings)
        counts[new] = counts[one] + counts[other]
        means[new] = (means[one] * counts[one] + means[other] * counts[other]) / counts[new]
        joinings.append(Joining(first=one, second=other, height=round(height, 6), frames=counts[new]))
        for gone in (one, other):
            means.pop(gone)
        distances = {pair: far for pair, far in distances.items() if one not in pair and other not in pair}
        distances |= {(rest, new): 1.0 - float(means[rest] @ means[new]) for rest in means if rest != new}
    return MergeTree(groups=numbers.tolist(), sizes=[counts[leaf] for leaf in range(len(numbers))], joinings=joinings)
