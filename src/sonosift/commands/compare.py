"""``sonosift compare``: methods, first weights, label fractions and seeds, one table and one figure."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort
    from sonosift.comparison.cells import TrainingCell
    from sonosift.comparison.grid import Grid
    from sonosift.comparison.kept_results import KeptResults


class CompareSummary(Summary):
    """How far a comparison has come, and what it found.

    Attributes:
        comparison: Its name.
        trainings: Cells of the grid.
        trained: Those that are done.
        failed: Those that failed when they were last tried, with the reason; the same command tries them again.
        chosen: For each initialisation with candidates, the run that was best on the development patients.
        best: The training of the largest label fraction that is best on the development patients.
        weighted_f1: Its mean over seeds on the judged patients.
        weighted_f1_low: Lower end of the 95 % interval over seeds; null with one seed.
        weighted_f1_high: Upper end.
        best_baseline: The simple baseline that is best on the development patients.
        best_baseline_f1: Its weighted F1 on the judged patients.
        report: The page with the figure and all tables.
    """

    comparison: str
    trainings: int
    trained: int
    failed: dict[str, str]
    chosen: dict[str, str]
    best: str | None
    weighted_f1: float | None
    weighted_f1_low: float | None
    weighted_f1_high: float | None
    best_baseline: str | None
    best_baseline_f1: float | None
    report: str | None

    @property
    def exit_code(self) -> int:
        """1 when a cell failed."""
        return int(bool(self.failed))

    def describe(self) -> str:
        """Return what was found and where to look."""
        lines = [f"{self.comparison}: {self.trained} of {self.trainings} trainings done"]
        lines += [f"  {name} begins with {run}" for name, run in self.chosen.items()]
        lines += [f"  failed: {cell}: {reason}" for cell, reason in self.failed.items()]
        if self.best is not None:
            spread = (
                "" if self.weighted_f1_low is None else f" ({self.weighted_f1_low:.3f} to {self.weighted_f1_high:.3f})"
            )
            lines.append(f"best on the development patients: {self.best}, weighted F1 {self.weighted_f1:.3f}{spread}")
        if self.best_baseline is not None:
            lines.append(f"best simple baseline: {self.best_baseline}, {self.best_baseline_f1:.3f}")
        return "\n".join([*lines, *([f"Look at {self.report}"] if self.report else [])])


def compare(
    cohort: str | Path,
    grid: str | Path,
    *,
    name: str | None = None,
    workers: int | None = None,
    cells: int | None = None,
    draws: int = 1000,
) -> CompareSummary:
    """Train methods from several first weights with several label fractions and seeds, and judge them alike.

    Choices are made on the validation patients, figures are those of the test patients. Give the same command again to
    continue after an interruption: a finished cell is never trained twice, and a grid may grow.

    Args:
        cohort: Folder of the cohort.
        grid: What to compare, in YAML; see docs/how-to/compare.md.
        name: Name of the comparison, whose folder lies with the runs; by default that of the grid's file.
        workers: Cells trained at a time; by default one per GPU, and without a GPU one, which has all cores.
        cells: At most so many trainings now; 0 draws tables and figure of what is there.
        draws: Resamples of patients for the 95 % intervals.

    Returns:
        How far it has come, and where tables and figure are.
    """
    from sonosift.comparison.grid import plain, read_grid

    asked = read_grid(Path(grid))
    called = name or plain(Path(grid).stem)

    from sonosift.cohort.cohort import Cohort
    from sonosift.comparison.kept_results import KeptResults
    from sonosift.errors import SonosiftError
    from sonosift.machine import lock

    if draws < 2 or (workers is not None and workers < 1):
        raise SonosiftError(f"draws = {draws}, workers = {workers}", "Use at least 2 draws and 1 worker.")
    opened = Cohort.open(cohort)
    if asked.split == ("default",) and "default" not in opened.splits.names():
        opened.splits.make()
    _check(opened, asked)
    config = {"command": "compare", "method": "compare", "part": asked.part, "labels": _labels(opened, asked)}
    run = opened.runs.create(called, config, frame_ids=opened.frames.frame_ids)
    with lock.exclusive(run.path / "lock", f"comparison {called}"):
        work = _Work(opened, asked, KeptResults(run), workers, only_look=cells == 0)
        work.choose_weights()
        work.train(cells)
        return work.summary(draws)


class _Work:
    """The steps of one call."""

    def __init__(self, cohort: Cohort, grid: Grid, kept: KeptResults, workers: int | None, *, only_look: bool) -> None:
        from sonosift.comparison.jobs import Jobs

        self.cohort, self.grid, self.kept = cohort, grid, kept
        self.name = kept.run.name
        self._jobs = Jobs(cohort, grid, self.name)
        self._workers, self._only_look = workers, only_look
        self.weights: dict[str, str] = {}
        self.failed: dict[str, str] = {}

    def choose_weights(self) -> None:
        """Train the candidates, and settle what each initialisation is."""
        from sonosift.comparison.cells import candidate_cells
        from sonosift.comparison.chosen_weights import best_candidate

        self._compute("first weights", [*self._jobs.candidates(), *self._jobs.features()])
        candidates = candidate_cells(self.name, self.grid)
        for name, init in self.grid.initialisations.items():
            if init.weights is not None:
                self.weights[name] = init.weights
                continue
            found = [self.kept.facts(cell.name) for cell in candidates if cell.initialisation == name]
            # One alone needs no score.
            scores = [None if not one else one["score"] if len(found) > 1 else 0.0 for one in found]
            best = best_candidate(scores)
            if best is not None:
                self.weights[name] = found[best]["run"]

    def train(self, cells: int | None) -> None:
        """Compute the baselines, and train the cells, at most ``cells`` of them."""
        jobs = self._jobs.trainings(self.weights)
        todo = [job for job in jobs if not self.kept.done(job["cell"], job["spec"])]
        if not self.grid.keep_runs:
            for job in jobs:
                if job not in todo:
                    # What a process killed at the wrong moment left of a run whose answers are kept.
                    shutil.rmtree(self.cohort.runs.path / job["run"], ignore_errors=True)
        probes = [job for job in self._jobs.probes(self.weights) if job["spec"]["features"] not in self.failed]
        self._compute("baselines and trainings", [*probes, *(todo if cells is None else todo[:cells])])
        for cell in self.trainings():
            if cell.initialisation not in self.weights:
                self.failed[cell.name] = f"no candidate of {cell.initialisation} came to its end"

    def trainings(self) -> list[TrainingCell]:
        """Return all cells of the grid."""
        from sonosift.comparison.cells import training_cells

        return training_cells(self.name, self.grid)

    def summary(self, draws: int) -> CompareSummary:
        """Judge what is there, write tables, figure and page, and say the headline."""
        from sonosift.comparison.comparison_rows import comparison_rows
        from sonosift.comparison.judged_rows import best_baseline, best_training
        from sonosift.comparison.written_report import write_report
        from sonosift.evaluate.resampling import Resampling

        trainings = [cell for cell in self.trainings() if self.kept.facts(cell.name)]
        rows = comparison_rows(self.cohort, self.grid, self.kept, trainings)
        best = best_training(rows)
        baseline = None if best is None else best_baseline(rows, best.fraction)
        page = None
        if rows:
            chosen = {
                name: self.weights.get(name, "") for name, init in self.grid.initialisations.items() if init.candidates
            }
            page = write_report(self.cohort, self.grid, self.kept, rows, self.trainings(), chosen, Resampling(draws, 0))
        spread = None if best is None else best.spread()
        several = spread is not None and spread.low == spread.low
        found = CompareSummary(
            comparison=self.name,
            trainings=len(self.trainings()),
            trained=len(trainings),
            failed=self.failed,
            chosen={name: run for name, run in self.weights.items() if self.grid.initialisations[name].candidates},
            best=None if best is None else f"{best.name} with {100 * best.fraction:g} % of labels",
            weighted_f1=None if spread is None else spread.mean,
            weighted_f1_low=spread.low if spread is not None and several else None,
            weighted_f1_high=spread.high if spread is not None and several else None,
            best_baseline=None if baseline is None else baseline.name,
            best_baseline_f1=None if baseline is None else baseline.spread().mean,
            report=None if page is None else str(page),
        )
        if found.trained == found.trainings and not self.failed:
            self.kept.run.finish(**found.model_dump(mode="json"))
        return found

    def _compute(self, title: str, jobs: Sequence[dict[str, Any]]) -> None:
        """Compute what is not there yet; what fails is noted, and the rest goes on."""
        from sonosift.commands.compare_worker import MODULE
        from sonosift.comparison.worker_processes import FAILED, environments, work_off
        from sonosift.machine import progress

        todo = [job for job in jobs if not self.kept.done(job["cell"], job["spec"])]
        if not todo or self._only_look:
            return
        accelerators = _accelerators()
        surroundings = environments(self._workers or max(1, accelerators), accelerators)
        with progress.bar(title, total=len(jobs), unit="cells", done=len(jobs) - len(todo)) as bar:
            for job, answer in work_off(todo, MODULE, surroundings):
                if FAILED in answer:
                    self.failed[job["cell"]] = answer[FAILED]
                    self.kept.keep_failure(job["cell"], answer[FAILED])
                    progress.notice(f"{job['cell']} failed: {answer[FAILED]}")
                bar.advance()
                bar.note(job["cell"])


def _accelerators() -> int:
    import torch

    return torch.cuda.device_count()


def _check(cohort: Cohort, grid: Grid) -> None:
    """Refuse what no cell could do, before the first one is trained."""
    from sonosift.errors import SonosiftError, unknown_name
    from sonosift.evaluate.cohort_frames import cohort_frames
    from sonosift.training.cohort_frames import weights_of
    from sonosift.training.label_sources import parsed_sources

    parsed_sources(grid.labels_from)
    others = [one.split for init in grid.initialisations.values() for one in init.candidates if one.split is not None]
    for split in (*grid.split, *others):
        if split not in cohort.splits.names():
            raise unknown_name("split", split, cohort.splits.names())
    for init in grid.initialisations.values():
        for weights in [init.weights] if init.weights is not None else [one.init for one in init.candidates]:
            weights_of(cohort, weights)
    for split in grid.split:
        frames = cohort_frames(cohort, split)
        for part in dict.fromkeys(("train", "validation", grid.part)):
            if not len(frames.labelled(part)) and (part != "train" or grid.labels_from == "people"):
                raise SonosiftError(
                    f"no frame of the {part} part of split {split!r} is labelled",
                    "Label frames of patients in every part: training, validation and test.",
                )


def _labels(cohort: Cohort, grid: Grid) -> str:
    """Return a fingerprint of all labels that decide results: with others, a comparison is another one."""
    import hashlib

    from sonosift.training.label_sources import labels_of_sources, parsed_sources

    rows = cohort.catalog()
    digest = hashlib.sha256()
    for sources in (parsed_sources(grid.labels_from), parsed_sources("people")):
        found, weights, _ = labels_of_sources(cohort, rows, sources, None)
        digest.update(found.matrix.tobytes() + weights.tobytes())
    return digest.hexdigest()[:16]
