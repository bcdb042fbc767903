"""How many groups? Cluster resampled patients again and again, and see at which K the answers agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.machine import atomic, progress
from sonosift.metrics.clustering import adjusted_rand_index, effective_clusters, filled_clusters
from sonosift.neighbours.k_means import assign_to_centres, k_means

FILE_NAME = "sweep.json"
_RESTARTS = 3
_MOST_FRAMES = 5000
_USUAL = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60)


class SweepRow(BaseModel):
    """One K.

    Attributes:
        k: groups asked for.
        stability: mean adjusted Rand index between groups from two resamples of patients; 1: always the same.
        spread: its standard deviation over the pairs.
        evenness: entropy of the group sizes over its largest value, log K.
        filled: groups with a frame.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: int
    stability: float
    spread: float
    evenness: float
    filled: int


class Sweep(BaseModel):
    """The whole sweep and the number it suggests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: list[SweepRow]
    suggested: int
    pairs: int
    frames: int
    patients: int

    def save(self, run: RunFolder) -> None:
        """Keep it with the run whose number of groups it suggested."""
        atomic.write_text(run.path / FILE_NAME, self.model_dump_json(indent=2) + "\n")

    @classmethod
    def read(cls, run: RunFolder) -> Sweep | None:
        """Return the sweep of a run, or None where there was none."""
        path = run.path / FILE_NAME
        return cls.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None


def sweep_numbers(wanted: str, frames: int) -> list[int]:
    """Read ``auto`` or numbers with commas between; ``auto`` stops where a group would have under ten frames.

    >>> sweep_numbers("4, 8,4", 100), sweep_numbers("auto", 60)
    ([4, 8], [2, 3, 4, 5, 6])
    """
    if wanted.strip() == "auto":
        return [k for k in _USUAL if k == 2 or k * 10 <= frames]
    try:
        numbers = sorted({int(part) for part in wanted.split(",")})
    except ValueError:
        raise SonosiftError(f"sweep {wanted!r} is no list of numbers", "For example: --sweep 5,10,15,20") from None
    if not 2 <= numbers[0] <= numbers[-1] <= frames:
        raise SonosiftError(
            f"sweep {wanted!r} does not fit {frames} frames", f"Use numbers from 2 to {frames}, or auto."
        )
    return numbers


def sweep(
    features: NDArray[np.floating[Any]],
    patients: Sequence[str],
    numbers: Sequence[int],
    *,
    pairs: int = 5,
    seed: int = 0,
) -> Sweep:
    """Run k-means for each K on pairs of resamples and compare the groups that they give to all frames.

    Patients are resampled, not frames: those of one patient look alike, and would make any K look stable.

    Args:
        features: ``[n, d]``; of more than 5,000 frames a sample is used.
        patients: the patient of each row.
        numbers: the K to try.
        pairs: pairs of resamples per K.
        seed: same seed, same sweep.
    """
    draws = np.random.default_rng(seed)
    chosen = np.sort(draws.permutation(len(features))[:_MOST_FRAMES])
    rows = np.asarray(features)[chosen]
    _, owner = np.unique(np.asarray(patients, dtype=str)[chosen], return_inverse=True)
    people = int(owner.max()) + 1
    found = []
    for k in progress.track(list(numbers), "sweep", unit="numbers of groups"):
        agreement = []
        for pair in range(pairs):
            halves = [
                _groups_of_resample(rows, owner, people, k, np.random.default_rng([seed, k, pair, side]), seed)
                for side in range(2)
            ]
            agreement.append(adjusted_rand_index(*halves))
        whole = k_means(rows, k, seed=seed, restarts=_RESTARTS).assignments
        found.append(
            SweepRow(
                k=k,
                stability=round(float(np.mean(agreement)), 4),
                spread=round(float(np.std(agreement)), 4),
                evenness=round(math.log(effective_clusters(whole)) / math.log(k), 4),
                filled=filled_clusters(whole),
            )
        )
    return Sweep(rows=found, suggested=suggest(found), pairs=pairs, frames=len(rows), patients=people)


def suggest(rows: Sequence[SweepRow]) -> int:
    """Take the largest K that is, within one standard deviation, as stable as the most stable one.

    >>> tried = ((2, 0.9), (5, 0.88), (9, 0.5))
    >>> suggest([SweepRow(k=k, stability=s, spread=0.05, evenness=1, filled=k) for k, s in tried])
    5
    """
    best = max(rows, key=lambda row: row.stability)
    return max(row.k for row in rows if row.stability >= best.stability - best.spread)


def _groups_of_resample(
    rows: NDArray[Any], owner: NDArray[np.intp], people: int, k: int, draws: np.random.Generator, seed: int
) -> NDArray[np.int64]:
    drawn = draws.integers(0, people, people)
    times = np.bincount(drawn, minlength=people)[owner]
    sample = np.repeat(rows, times, axis=0)
    if len(sample) < k:
        sample = rows
    centres = k_means(sample, k, seed=seed, restarts=_RESTARTS).centres
    return assign_to_centres(rows, centres)[0]
