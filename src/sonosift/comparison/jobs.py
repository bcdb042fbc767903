"""What a process is told to compute, as plain values that travel as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sonosift.cohort.cohort import Cohort
from sonosift.comparison.cells import PIXELS, baseline_cells, candidate_cells, training_cells
from sonosift.comparison.grid import Grid, plain

CANDIDATE, FEATURES, TRAINING, PROBE = "candidate", "features", "training", "probe"
"""The kinds of jobs."""
Job = dict[str, Any]


@dataclass(frozen=True)
class Jobs:
    """All jobs of one comparison."""

    cohort: Cohort
    grid: Grid
    comparison: str

    def candidates(self) -> list[Job]:
        """Train the candidates; they are judged where there are several for an initialisation."""
        cells = candidate_cells(self.comparison, self.grid)
        several = {cell.initialisation for cell in cells if cell.number}
        return [
            self._job(CANDIDATE, cell.name, cell.spec(), run=cell.name, judge=cell.initialisation in several)
            for cell in cells
        ]

    def features(self) -> list[Job]:
        """Embed all frames with those given weights that are no run's: a run has embedded them itself."""
        grid = self.grid
        given = {name: init.weights for name, init in grid.initialisations.items() if init.weights is not None}
        return [
            self._job(
                FEATURES,
                plain(name),
                {
                    "weights": weights,
                    "network": grid.network,
                    "image_size": grid.image_size,
                    "scale": grid.scale,
                    "precision": grid.precision,
                    "seed": grid.seeds[0],
                },
            )
            for name, weights in given.items()
            if not self._is_run(weights)
        ]

    def trainings(self, weights: Mapping[str, str]) -> list[Job]:
        """Train the cells whose initialisation has come to some weights."""
        return [
            self._job(TRAINING, cell.name, cell.spec(weights[cell.initialisation]), run=cell.name)
            for cell in training_cells(self.comparison, self.grid)
            if cell.initialisation in weights
        ]

    def probes(self, weights: Mapping[str, str]) -> list[Job]:
        """Probe pixels, and the features of every initialisation."""
        sources = {PIXELS: PIXELS}
        sources |= {name: found if self._is_run(found) else plain(name) for name, found in weights.items()}
        return [
            self._job(PROBE, cell.name, cell.spec(sources[cell.source]))
            for cell in baseline_cells(self.comparison, self.grid)
            if cell.source in sources
        ]

    def _is_run(self, weights: str) -> bool:
        return weights in self.cohort.runs.names()

    def _job(self, kind: str, cell: str, spec: dict[str, Any], **more: Any) -> Job:
        common = {"cohort": str(self.cohort.path), "comparison": self.comparison, "part": self.grid.part}
        return {"kind": kind, "cell": cell, "spec": spec, "keep_run": self.grid.keep_runs} | common | more
