"""USCL's Table 3 beside ours: recall of each class, accuracy, F1, and what choosing the epoch on the test fold adds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.representations.cohorts import POCUS_CLASSES
from sonosift.cohort.cohort import Cohort
from sonosift.comparison.cells import training_cells
from sonosift.comparison.comparison_rows import comparison_rows
from sonosift.comparison.grid import read_grid
from sonosift.comparison.judged_rows import Row, Rows
from sonosift.comparison.kept_results import KeptResults

# Table 3 of the paper: recall of COVID-19, pneumonia and regular, accuracy, F1. Other data of the same kind, ResNet-18.
PAPER = {
    "ImageNet": (79.5, 78.6, 88.6, 84.2, 81.8),
    "supervised": (83.7, 82.1, 86.5, 85.0, 82.8),
    "temporal ensembling": (75.7, 70.0, 89.4, 81.7, 79.0),
    "pi": (77.6, 76.4, 88.7, 83.2, 80.6),
    "FixMatch": (83.0, 77.5, 85.7, 83.6, 81.6),
    "MoCo": (79.7, 81.4, 88.9, 84.8, 82.8),
    "SimCLR": (83.2, 89.4, 87.1, 86.4, 86.3),
    "USCL": (90.8, 97.0, 95.4, 94.2, 94.0),
}


def print_uscl(cohort: Cohort, honest: Path, optimistic: Path | None) -> None:
    """Print the rows of the honest grid; the optimistic accuracy in a column of its own, where it was computed."""
    rows = _rows(cohort, honest)
    peeked = {} if optimistic is None else _rows(cohort, optimistic)
    names = cohort.settings.label_space.names
    places = [names.index(name) for name in POCUS_CLASSES]
    columns = [*POCUS_CLASSES, "accuracy", "weighted F1", "accuracy, step chosen on the test fold"]
    print(f"| first weights | {' | '.join(columns)} | paper, other data: accuracy | F1 |\n|---|{'---|' * 8}")
    trained = [row for row in rows.values() if row.initialisation]
    for row in sorted(trained, key=lambda row: -row.accuracy()) + [
        row for row in rows.values() if not row.initialisation
    ]:
        recalls = " | ".join(f"{100 * row.by_class()['recall'][place]:.1f}" for place in places)
        paper = PAPER.get(row.initialisation)
        beside = f"{paper[3]} | {paper[4]}" if paper else " | "
        other: Row | None = peeked.get((row.name, row.fraction)) if row.initialisation else None
        best = "" if other is None else f"{100 * other.accuracy():.1f}"
        accuracy = "–" if row.name == "yes to everything" else f"{100 * row.accuracy():.1f}"
        shown = f"**{row.initialisation}**" if row.initialisation else row.name
        print(f"| {shown} | {recalls} | {accuracy} | {100 * row.weighted()['F1']:.1f} | {best} | {beside} |")
    pairs = [(row.accuracy(), PAPER[row.initialisation][3] / 100) for row in trained if row.initialisation in PAPER]
    if len(pairs) > 2:
        ranks = np.corrcoef(np.argsort(np.argsort(np.array(pairs), axis=0), axis=0).T)[0, 1]
        print(f"\nRank correlation of our accuracies with the paper's: {ranks:+.2f} ({len(pairs)} rows).")


def _rows(cohort: Cohort, written: Path) -> Rows:
    grid = read_grid(written)
    kept = KeptResults(cohort.runs.get(written.stem))
    done = [cell for cell in training_cells(written.stem, grid) if kept.facts(cell.name)]
    return comparison_rows(cohort, grid, kept, done)
