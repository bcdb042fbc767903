"""Cells of a grid, each kept when it is done: killed at any time, the same call goes on where it was stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonosift.cohort.cohort import Cohort
from sonosift.machine import atomic

Found = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One figure of a table.

    Attributes:
        name: of its file.
        work: trains what is missing, and judges it.
    """

    name: str
    work: Callable[[], Found]


@dataclass(frozen=True)
class Budget:
    """When to stop: after so many cells, or after the cell in hand when so many seconds are over; None: never."""

    cells: int | None = None
    seconds: float | None = None


class KeptCells:
    """The folder with one JSON per cell."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> Found | None:
        """Return what a cell found, or None where it is not done."""
        path = self._path(name)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def work_off(self, cells: Sequence[Cell], budget: Budget) -> tuple[int, int]:
        """Work until everything is done or the budget is used up; return how many cells were done and are left."""
        began, done = time.monotonic(), 0
        todo = [cell for cell in cells if not self._path(cell.name).exists()]
        for cell in todo:
            late = budget.seconds is not None and time.monotonic() - began >= budget.seconds
            if late or (budget.cells is not None and done >= budget.cells):
                break
            started = time.monotonic()
            found = cell.work()
            seconds = round(time.monotonic() - started, 1)
            atomic.write_text(self._path(cell.name), json.dumps(found | {"seconds": seconds}, indent=1))
            done += 1
            print(f"{cell.name}: {seconds:.0f} s, {len(todo) - done} left", flush=True)
        return done, len(todo) - done

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def forget_states(cohort: Cohort) -> None:
    """Remove the state for continuing of finished runs: it is five times their network."""
    for run in cohort.runs.list():
        if run.finished and (run.path / "state").exists():
            for state in (run.path / "state").glob("*"):
                state.unlink()
