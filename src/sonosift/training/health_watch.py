"""Says so, while training runs, when learning goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sonosift.machine import progress


class _Sign(NamedTuple):
    figure: str
    least: float
    """Below this it is bad."""
    looks: int
    """So many times in a row before it is said: the first steps are always poor."""
    meaning: str


_SIGNS = (
    _Sign("filled_clusters", 1.5, 5, "all images of the batch fall into one group: raise balance_weight"),
    _Sign("effective_clusters", 1.2, 5, "nearly all images fall into one group: raise balance_weight"),
    _Sign("effective_rank", 1.5, 5, "all features lie along one line: the network has collapsed; lower learning_rate"),
    _Sign("spread", 1e-3, 5, "all images get nearly the same features: the network has collapsed; lower learning_rate"),
    _Sign("knn_above_chance", 0.01, 3, "neighbours from other patients predict labels no better than chance"),
)


class HealthWatch:
    """Warns once per sign, after it was seen several times in a row.

    Args:
        bad_looks: how often in a row each sign was bad so far; it is counted on in place, for the caller to keep.
    """

    def __init__(self, bad_looks: dict[str, int] | None = None) -> None:
        self._bad_looks: dict[str, int] = {} if bad_looks is None else bad_looks

    def look(self, step: int, figures: Mapping[str, float]) -> list[str]:
        """Take in the figures of one step; return (and print) the warnings that are due now."""
        due = []
        for sign in _SIGNS:
            if sign.figure not in figures:
                continue
            value = figures[sign.figure]
            bad = self._bad_looks.get(sign.figure, 0) + 1 if value < sign.least else 0
            self._bad_looks[sign.figure] = bad
            if bad == sign.looks:
                due.append(f"warning at step {step}: {sign.meaning} ({sign.figure} {value:.3g})")
        for line in due:
            progress.notice(line)
        return due
