"""``sonosift runs``: what has been trained and clustered here, with the key figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sonosift.commands.summary import Summary

_FIGURES = (
    "loss", "effective_rank", "knn_average_precision", "filled_groups", "validation_weighted_f1", "weighted_f1",
    "steps", "seconds",
)  # fmt: skip


class RunsSummary(Summary):
    """The runs of a cohort, the oldest first.

    Attributes:
        runs: One entry per run: ``name, command, method, begun, state`` and its ``figures``.
    """

    runs: list[dict[str, Any]]

    def describe(self) -> str:
        """Return one line per run."""
        if not self.runs:
            return "There is no run yet: sonosift pretrain COHORT begins one."
        width = max(len(run["name"]) for run in self.runs) + 2
        lines = []
        for run in self.runs:
            figures = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in run["figures"].items())
            lines.append(f"{run['name']:<{width}}{run['begun']}  {run['state']:<12}{run['method']:<16}{figures}")
        return "\n".join(lines)


def runs(cohort: str | Path) -> RunsSummary:
    """List the runs of a cohort with their key figures.

    Args:
        cohort: Folder of the cohort.

    Returns:
        One entry per run.
    """
    from sonosift.cohort.cohort import Cohort

    listed = []
    for run in Cohort.open(cohort).runs.list():
        summary = run.summary()
        numbers = {name: summary[name] for name in _FIGURES if isinstance(summary.get(name), (int, float))}
        last = run.metrics()[-1:] if not run.finished else []
        listed.append(
            {
                "name": run.name,
                "command": run.config.get("command", ""),
                "method": run.config.get("method", ""),
                "begun": run.record.created_at.strftime("%Y-%m-%d %H:%M"),
                "state": "finished" if run.finished else f"at step {last[0].get('step', 0)}" if last else "begun",
                "figures": numbers,
            }
        )
    return RunsSummary(runs=listed)
