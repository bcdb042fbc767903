"""Everything that a comparison leaves to be read: CSV tables, the figure, Markdown, and one page that holds it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from sonosift.cohort.cohort import Cohort
from sonosift.comparison import tables
from sonosift.comparison.cells import TrainingCell, candidate_cells
from sonosift.comparison.comparison_rows import exams_of
from sonosift.comparison.figure import draw
from sonosift.comparison.grid import Grid
from sonosift.comparison.judged_rows import Difference, Rows, best_training, differences
from sonosift.comparison.kept_results import KeptResults
from sonosift.evaluate.resampling import Resampling
from sonosift.machine import atomic

PAGE_FILE, MARKDOWN_FILE, FIGURE_FILE = "comparison.html", "comparison.md", "figure.svg"
_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px}
th,td{border-bottom:1px solid #8884;padding:.3rem .7rem;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
.wide{overflow-x:auto}svg{max-width:100%;height:auto;border-radius:6px}
"""


def write_report(
    cohort: Cohort,
    grid: Grid,
    kept: KeptResults,
    rows: Rows,
    cells: Sequence[TrainingCell],
    chosen: Mapping[str, str],
    resampling: Resampling,
) -> Path:
    """Write all files into the comparison's folder and return the page.

    Args:
        cohort: the cohort.
        grid: what was compared.
        kept: what the cells have left.
        rows: the judged rows.
        cells: all trainings of the grid, done or not.
        chosen: the run that each initialisation with candidates has come to.
        resampling: of the patients.
    """
    folder = kept.run.path
    found = list(differences(rows, resampling))
    shown = _tables(cohort, grid, rows, found)
    lines = [_scale(cohort, grid, kept, cells), *(_choice(grid, kept, init, run) for init, run in chosen.items())]
    figure = draw(rows, grid.label_fractions)
    atomic.write_text(folder / FIGURE_FILE, figure)
    for name, text in _csv(kept, rows, found, cells, resampling, cohort.settings.label_space.names).items():
        atomic.write_text(folder / name, text)
    atomic.write_text(
        folder / MARKDOWN_FILE, "\n".join([*(f"{line}\n" for line in lines), *(one.markdown() for one in shown)])
    )
    # The figure is ours, and what it took from the grid is escaped in it.
    body = "".join([*(f"<p>{escape(line)}</p>" for line in lines), figure, *(one.html() for one in shown)])
    title = escape(f"Comparison {kept.run.name}")
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'unsafe-inline'\"><style>{_STYLE}</style></head>"
        f"<body><h1>{title}</h1>{body}</body></html>\n"
    )
    atomic.write_text(folder / PAGE_FILE, page)
    return folder / PAGE_FILE


def _tables(cohort: Cohort, grid: Grid, rows: Rows, found: list[Difference]) -> list[tables.Table]:
    fractions = sorted(grid.label_fractions)
    names = cohort.settings.label_space.names
    about = "Weighted F1, seeds averaged (95 % interval over resampled patients, the same ones for both)."
    best = best_training(rows)
    one_answer = next(iter(exams_of(cohort, grid).values())).judged.one_answer
    shown = [tables.by_fraction(rows, fractions)]
    shown += [tables.what_makes_a_difference(found, fractions, what, about) for what in ("initialisation", "method")]
    shown.append(tables.beside_best_baseline(found, rows, fractions))
    if best is not None:
        shown.append(tables.per_class(best, names))
        shown.append(tables.all_rows_per_class(rows, names, best.fraction, one_answer=one_answer))
    return [table for table in shown if table.rows]


def _scale(cohort: Cohort, grid: Grid, kept: KeptResults, cells: Sequence[TrainingCell]) -> str:
    """Say how small everything is: the first line of every table."""
    done = [facts for cell in cells if (facts := kept.facts(cell.name))]
    exams = exams_of(cohort, grid)
    asked = [exam.judged for exam in exams.values()]
    patients = len({patient for one in asked for patient in one.patients})
    development = next(iter(exams.values())).development
    steps = sorted({facts["steps"] for facts in done})
    span = f"{steps[0]} to {steps[-1]} steps" if len(steps) > 1 else f"{steps[0]} steps" if steps else "no steps"
    moving = sum(not facts["flattened"] for facts in done)
    size = f"{grid.image_size} px, " if grid.image_size else ""
    frames = {
        fraction: sorted({facts["training_frames"] for cell, facts in _facts(kept, cells) if cell.fraction == fraction})
        for fraction in sorted(grid.label_fractions)
    }
    labels = "; ".join(
        f"{100 * fraction:g} % are {'–'.join(map(str, dict.fromkeys([sizes[0], sizes[-1]])))} frames"
        for fraction, sizes in frames.items()
        if sizes
    )
    each = " (in each fold)" if len(exams) > 1 else ""
    return (
        f"Scale: {size}{len(grid.seeds)} seeds, {span} a training; {labels}. Judged on "
        f"{sum(map(len, asked)):,} {grid.part} frames of {patients} patients, thresholds and choices on "
        f"{len(development):,} frames of {len(set(development.patients))}{each}. "
        f"{len(done)} of {len(cells)} trainings are done; in {moving} of them the loss still moved at the end: "
        "they are undertrained."
    )


def _choice(grid: Grid, kept: KeptResults, init: str, run: str) -> str:
    """Say which candidate was taken, and what spoke for it."""
    candidates = [cell for cell in candidate_cells(kept.run.name, grid) if cell.initialisation == init]
    if len(candidates) == 1:
        return f"{init} begins with {run}."
    scores = (f"{cell.name} {kept.facts(cell.name).get('score', float('nan')):.3f}" for cell in candidates)
    return f"{init} begins with {run}, chosen by {grid.initialisations[init].judged_by}: {', '.join(scores)}."


def _csv(
    kept: KeptResults,
    rows: Rows,
    found: list[Difference],
    cells: Sequence[TrainingCell],
    resampling: Resampling,
    names: Sequence[str],
) -> dict[str, str]:
    scores, classes = [], []
    for row in rows.values():
        spread, ends = row.spread(), row.resampled(resampling).interval()
        scores.append([row.name, row.kind, row.method, row.initialisation, row.fraction, len(row.verdicts),
                       row.development_f1, *spread, *ends, row.accuracy()])  # fmt: skip
        figures, support = row.by_class(), row.support()
        classes += [
            [row.name, row.fraction, name, support[place], *(figures[what][place] for what in figures)]
            for place, name in enumerate(names)
        ]
    pairs = [
        [one.first.fraction, one.first.name, one.second.name, one.what, one.gain.value, *one.gain.interval()]
        for one in found
    ]
    told = ("training_frames", "training_exams", "steps", "best_step", "flattened", "seconds", "cell_seconds")
    listed = []
    for cell in cells:
        facts = kept.facts(cell.name)
        state = "done" if facts else kept.failure(cell.name) or "to do"
        about = [cell.name, cell.row, cell.fraction, cell.seed, cell.split, state]
        listed.append([*about, *(facts.get(name, "") for name in told)])
    over = ["weighted_f1", "low_over_seeds", "high_over_seeds", "low_over_patients", "high_over_patients"]
    head = [
        "row",
        "kind",
        "method",
        "initialisation",
        "label_fraction",
        "seeds",
        "development_f1",
        *over,
        "weighted_recall",
    ]
    return {
        "scores.csv": tables.as_csv(head, scores),
        "classes.csv": tables.as_csv(
            ["row", "label_fraction", "label", "frames", "precision", "recall", "f1"], classes
        ),
        "differences.csv": tables.as_csv(
            ["label_fraction", "first", "second", "differs_in", "gain", "low", "high"], pairs
        ),
        "cells.csv": tables.as_csv(["cell", "row", "label_fraction", "seed", "split", "state", *told], listed),
    }


def _facts(kept: KeptResults, cells: Sequence[TrainingCell]) -> list[tuple[TrainingCell, dict[str, Any]]]:
    return [(cell, facts) for cell in cells if (facts := kept.facts(cell.name))]
