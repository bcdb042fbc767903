"""Says so, while training runs, when learning goes wrong."""

from __future__ import annotations

from collections.abc import Mapping

from sonosift.machine import progress

_LOOKS_BEFORE_SPEAKING = 5

# The figure, the value under which it is bad, and what that means.
_SIGNS = (
    ("filled_clusters", 1.5, "all images of the batch fall into one group: raise balance_weight"),
    ("effective_rank", 1.5, "all images get nearly the same features: the network has collapsed; lower learning_rate"),
)


class HealthWatch:
    """Warns once per sign, after it was seen several times in a row: the first steps are always poor."""

    def __init__(self) -> None:
        self._bad_looks: dict[str, int] = {}

    def look(self, step: int, figures: Mapping[str, float]) -> list[str]:
        """Take in the figures of one step; return (and print) the warnings that are due now."""
        due = []
        for name, least, meaning in _SIGNS:
            if name not in figures:
                continue
            bad = self._bad_looks.get(name, 0) + 1 if figures[name] < least else 0
            self._bad_looks[name] = bad
            if bad == _LOOKS_BEFORE_SPEAKING:
                due.append(f"warning at step {step}: {meaning} ({name} {figures[name]:.2f})")
        for line in due:
            progress.notice(line)
        return due
