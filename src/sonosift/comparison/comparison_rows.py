"""From the answers that cells have left to the rows of the tables."""

from __future__ import annotations

from collections.abc import Sequence

from sonosift.cohort.cohort import Cohort
from sonosift.comparison.cells import BaselineCell, TrainingCell, baseline_cells
from sonosift.comparison.grid import Grid
from sonosift.comparison.judged_rows import (
    CONSTANT,
    PROBING,
    TRAINING,
    Exam,
    Row,
    Rows,
    Verdict,
    judge,
    judge_answers,
    together,
)
from sonosift.comparison.kept_results import KeptResults
from sonosift.evaluate.cohort_frames import cohort_frames
from sonosift.evaluate.constant_answers import majority_combination, yes_to_everything
from sonosift.training.label_sources import parsed_sources
from sonosift.training.labelled_frames import labelled_part, part_of_labels

_Cell = TrainingCell | BaselineCell
COMMONEST, EVERYTHING = "commonest answer", "yes to everything"


def comparison_rows(cohort: Cohort, grid: Grid, kept: KeptResults, trained: Sequence[TrainingCell]) -> Rows:
    """Judge all finished cells: trainings in the order of the grid, then probes, then constant answers."""
    exams = exams_of(cohort, grid)
    names = cohort.settings.label_space.names
    rows: dict[tuple[str, float], Row] = {}
    probes = [cell for cell in baseline_cells(kept.run.name, grid) if kept.facts(cell.name)]
    in_order = sorted(trained, key=lambda cell: _place(grid, cell))
    of_kind: dict[str, Sequence[_Cell]] = {TRAINING: in_order, PROBING: probes}
    for kind, cells in of_kind.items():
        for fraction in grid.label_fractions:
            for members in _by_seed([cell for cell in cells if cell.fraction == fraction]):
                # A seed counts when all its folds are there.
                if len(members) == len(grid.split):
                    verdict = together([judge(kept.answers(one.name), exams[one.split], names) for one in members])
                    _row(rows, members[0], kind).verdicts[members[0].seed] = verdict
    return rows | _constants(cohort, grid, exams)


def exams_of(cohort: Cohort, grid: Grid) -> dict[str, Exam]:
    """Say who is asked in every split."""
    found = {}
    for split in grid.split:
        frames = cohort_frames(cohort, split)
        found[split] = Exam(frames.labelled("validation"), frames.labelled(grid.part))
    return found


def _row(rows: dict[tuple[str, float], Row], cell: _Cell, kind: str) -> Row:
    arm = (cell.method, cell.initialisation) if isinstance(cell, TrainingCell) else ("", "")
    return rows.setdefault((cell.row, cell.fraction), Row(cell.row, cell.fraction, kind, *arm))


def _place(grid: Grid, cell: TrainingCell) -> tuple[int, int]:
    return list(grid.initialisations).index(cell.initialisation), list(grid.methods).index(cell.method)


def _by_seed(cells: Sequence[_Cell]) -> list[list[_Cell]]:
    found: dict[tuple[str, int], list[_Cell]] = {}
    for cell in cells:
        found.setdefault((cell.row, cell.seed), []).append(cell)
    return list(found.values())


def _constants(cohort: Cohort, grid: Grid, exams: dict[str, Exam]) -> dict[tuple[str, float], Row]:
    """Judge the answers that look at no pixel; the commonest one depends on which frames are labelled."""
    rows: dict[tuple[str, float], Row] = {}
    sources = parsed_sources(grid.labels_from)
    labelled = {split: labelled_part(cohort, split, "train", sources) for split in grid.split}
    for fraction in grid.label_fractions:
        commonest = rows.setdefault((COMMONEST, fraction), Row(COMMONEST, fraction, CONSTANT))
        for seed in grid.seeds if fraction < 1 else grid.seeds[:1]:
            verdicts: list[Verdict] = []
            for split, exam in exams.items():
                truth = part_of_labels(cohort, labelled[split], fraction, seed).truth
                said = [majority_combination(truth, len(part)) for part in (exam.development, exam.judged)]
                verdicts.append(judge_answers(said[0], said[1], exam))
            commonest.verdicts[seed] = together(verdicts)
        everything = rows.setdefault((EVERYTHING, fraction), Row(EVERYTHING, fraction, CONSTANT))
        everything.verdicts[grid.seeds[0]] = together([_yes(exam) for exam in exams.values()])
    return rows


def _yes(exam: Exam) -> Verdict:
    said = [yes_to_everything(*part.truth.shape) for part in (exam.development, exam.judged)]
    return judge_answers(said[0], said[1], exam)
