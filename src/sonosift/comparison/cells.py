"""The cells of a comparison: what is trained or computed for each, and the name that it goes by on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sonosift.comparison.grid import Candidate, Grid, plain

PIXELS = "32×32 pixels"
"""Features that no network has seen."""
PROBE, KNN = "linear probe", "k-NN"
PROBES = (PROBE, KNN)


@dataclass(frozen=True)
class CandidateCell:
    """A training whose weights may initialise others."""

    comparison: str
    initialisation: str
    number: int
    candidate: Candidate
    grid: Grid

    @property
    def name(self) -> str:
        """Also the name of its run, which stays."""
        return f"{self.comparison}.{plain(self.initialisation)}.{self.number}"

    @property
    def split(self) -> str:
        """Where it learns, and whose validation patients judge it."""
        return self.candidate.split or self.grid.split[0]

    def spec(self) -> dict[str, Any]:
        """Everything that decides its result."""
        grid = self.grid
        return self.candidate.model_dump(mode="json") | {
            "split": self.split,
            "settings": grid.network | self.candidate.settings,
            "image_size": grid.image_size,
            "scale": grid.scale,
            "precision": grid.precision,
            "labels_from": grid.labels_from,
            "unjudged": grid.unjudged,
            "judged_by": grid.initialisations[self.initialisation].judged_by,
        }


@dataclass(frozen=True)
class TrainingCell:
    """One method from one initialisation with one label fraction, one seed and one split."""

    comparison: str
    method: str
    initialisation: str
    fraction: float
    seed: int
    split: str
    grid: Grid

    @property
    def row(self) -> str:
        """The row of the tables that it belongs to."""
        return row_name(self.method, self.initialisation)

    @property
    def name(self) -> str:
        """Also the name of its run."""
        parts = [self.comparison, plain(self.method), plain(self.initialisation), f"{100 * self.fraction:g}", self.seed]
        return _with_split(parts, self.split, self.grid)

    def spec(self, weights: str) -> dict[str, Any]:
        """Everything that decides its result; ``weights`` is what the initialisation has come to."""
        grid, learner = self.grid, self.grid.methods[self.method]
        # A method's own length replaces the grid's, whichever of the two words says it.
        own = learner.steps is not None or learner.epochs is not None
        length = learner if own else grid
        return {
            "method": learner.method,
            "init": weights,
            "label_fraction": self.fraction,
            "seed": self.seed,
            "split": self.split,
            "labels_from": grid.labels_from,
            "unjudged": grid.unjudged,
            "steps": length.steps,
            "epochs": length.epochs,
            "image_size": grid.image_size,
            "scale": grid.scale,
            "precision": grid.precision,
            "settings": grid.network | learner.settings,
        }


@dataclass(frozen=True)
class BaselineCell:
    """A probe on features that stay as they are, from the labels of one fraction and seed."""

    comparison: str
    probe: str
    source: str
    fraction: float
    seed: int
    split: str
    grid: Grid

    @property
    def row(self) -> str:
        """The row of the tables that it belongs to."""
        return f"{self.probe} on {self.source}" if self.source == PIXELS else f"{self.probe} on frozen {self.source}"

    @property
    def name(self) -> str:
        """Never a run's."""
        parts = [plain(self.probe), plain(self.source), f"{100 * self.fraction:g}", self.seed]
        return _with_split(parts, self.split, self.grid)

    def spec(self, features: str) -> dict[str, Any]:
        """Everything that decides its result; ``features`` says whose they are."""
        return {
            "probe": self.probe,
            "features": features,
            "label_fraction": self.fraction,
            "seed": self.seed,
            "split": self.split,
            "labels_from": self.grid.labels_from,
        }


def row_name(method: str, initialisation: str) -> str:
    """Say a method and its first weights.

    >>> row_name("two heads", "ImageNet")
    'two heads from ImageNet'
    """
    return f"{method} from {initialisation}"


def candidate_cells(comparison: str, grid: Grid) -> list[CandidateCell]:
    """Return the trainings that initialisations are chosen from."""
    return [
        CandidateCell(comparison, name, number, candidate, grid)
        for name, init in grid.initialisations.items()
        for number, candidate in enumerate(init.candidates)
    ]


def training_cells(comparison: str, grid: Grid) -> list[TrainingCell]:
    """Return all trainings, seed by seed, so that an unfinished grid has whole rounds."""
    return [
        TrainingCell(comparison, method, init, fraction, seed, split, grid)
        for seed in grid.seeds
        for split in grid.split
        for fraction in grid.label_fractions
        for init in grid.initialisations
        for method in grid.methods
    ]


def baseline_cells(comparison: str, grid: Grid) -> list[BaselineCell]:
    """Return all probes; with all labels every seed would say the same, so that one is enough."""
    return [
        BaselineCell(comparison, probe, source, fraction, seed, split, grid)
        for source in (PIXELS, *grid.initialisations)
        for probe in PROBES
        for split in grid.split
        for fraction in grid.label_fractions
        for seed in (grid.seeds if fraction < 1 else grid.seeds[:1])
    ]


def _with_split(parts: list[Any], split: str, grid: Grid) -> str:
    several = [plain(split)] if len(grid.split) > 1 else []
    return ".".join(map(str, [*parts, *several]))
