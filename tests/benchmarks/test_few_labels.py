"""The grids of the benchmark are grids, and its claims speak of rows that they have."""

import argparse
from pathlib import Path

import pytest
import yaml

from benchmarks.few_labels.claims import claims
from benchmarks.few_labels.grids import lung_grid, peeking_grid, phantom_grid
from benchmarks.few_labels.uscl_table import PAPER
from sonosift.comparison.cells import candidate_cells, row_name, training_cells
from sonosift.comparison.grid import read_grid

GIVEN = argparse.Namespace(
    weights=Path("lite0.safetensors"),
    image_size=48,
    steps=60,
    pretrain_steps=120,
    lung_steps=60,
    finetune_steps=40,
    seeds=2,
)
FOLDS = [f"fold-{number}" for number in range(5)]


@pytest.mark.parametrize("grid", [phantom_grid(GIVEN), lung_grid(GIVEN, FOLDS), peeking_grid(GIVEN, FOLDS)])
def test_a_grid_can_be_read(tmp_path, grid):
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(grid))
    assert len(training_cells("g", read_grid(path))) in (3 * 3 * 4 * 2, 9 * 5)


def test_every_claim_is_about_rows_of_the_grid(tmp_path):
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(phantom_grid(GIVEN)))
    grid = read_grid(path)
    there = {(cell.row, cell.fraction) for cell in training_cells("g", grid)}
    for _, *arms in claims(grid.label_fractions):
        for method, init, fraction in arms:
            assert (row_name(method, init), fraction) in there


def test_the_optimistic_fine_tunings_begin_with_the_honest_ones_pretrainings(tmp_path):
    path = tmp_path / "lung.yaml"
    path.write_text(yaml.safe_dump(lung_grid(GIVEN, FOLDS)))
    honest = read_grid(path)
    trained = {cell.name for cell in candidate_cells("lung", honest)}
    given = set(peeking_grid(GIVEN, FOLDS)["initialisations"].values())
    assert trained <= given
    # All rows of the paper's table, and random weights beside them.
    assert set(honest.initialisations) == set(PAPER) | {"random"}
