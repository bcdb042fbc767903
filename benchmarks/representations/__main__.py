"""What are the representations worth that each way of learning without labels finds?

    python -m benchmarks.representations OUT --pocus POCUS --blues COVID-BLUES

makes the cohorts (a simulated hospital, and lung ultrasound where the two folders are given), trains every arm with
every seed, scores the features and prints a table per cohort. Every result is kept in OUT: the same command goes on
where it was stopped, and ``--only tables`` prints what is there. ``--cells 5`` stops after five trainings. ImageNet
weights are taken from OUT/lite0.safetensors (see ``lite0_weights``), or the rows say that there are none.

OUT/cells/COHORT/ARM-SEED.json holds how each training went.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.representations.cells import grid, run_cell
from benchmarks.representations.cohorts import LUNG, PHANTOM, lung_cohort, phantom_cohort
from benchmarks.representations.figure import draw
from benchmarks.representations.rows import rows_of
from benchmarks.representations.scores import exam_of
from benchmarks.representations.tables import Scale, table
from sonosift.cohort.cohort import Cohort
from sonosift.evaluate.resampling import Resampling

ALL, COHORTS, TRAINING, TABLES = "all", "cohorts", "training", "tables"


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pocus", type=Path, help="folder of the POCUS lung clips")
    parser.add_argument("--blues", type=Path, help="folder of COVID-BLUES")
    parser.add_argument("--stills", type=int, default=70, help="simulated patients with stills")
    parser.add_argument("--cine", type=int, default=14, help="simulated patients with clips")
    parser.add_argument("--hospital-seed", type=int, default=21)
    parser.add_argument("--images", type=int, default=6_000, help="images shown to each training")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=(ALL, COHORTS, TRAINING, TABLES), default=ALL)
    parser.add_argument("--cohort", choices=(PHANTOM, LUNG), help="only this one")
    parser.add_argument("--arms", nargs="+", help="only these")
    parser.add_argument("--cells", type=int, help="stop after so many trainings")
    parser.add_argument("--part", default="test", choices=("test", "validation"), help="patients of the phantom")
    parser.add_argument("--draws", type=int, default=1000, help="resamples of patients")
    parser.add_argument("--figure", type=Path, help="also draw the scores into this SVG")
    return parser.parse_args(arguments)


def main(given: list[str] | None = None) -> int:
    """Return 1 while cells are left to be trained, so that a loop around ``--cells`` knows when to end."""
    asked = parsed(given)
    asked.out.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in (PHANTOM, LUNG) if asked.cohort in (None, name)]
    if asked.only in (ALL, COHORTS):
        _prepare(asked, wanted)
    there = [name for name in wanted if Cohort.exists(asked.out / name)]
    left = 0
    if asked.only in (ALL, TRAINING):
        left = _train(asked, there)
    if asked.only in (ALL, TABLES) and not left:
        _print_tables(asked, there)
    return int(left > 0)


def _prepare(asked: argparse.Namespace, wanted: list[str]) -> None:
    if PHANTOM in wanted:
        phantom_cohort(asked.out, asked.stills, asked.cine, asked.hospital_seed)
    if LUNG in wanted and asked.pocus and asked.blues:
        lung_cohort(asked.out, asked.pocus, asked.blues, asked.hospital_seed)


def _train(asked: argparse.Namespace, cohorts: list[str]) -> int:
    todo = [
        cell
        for cell in grid(asked.out, cohorts, asked.seeds)
        if not cell.done and not cell.impossible and (not asked.arms or cell.arm.name in asked.arms)
    ]
    now = todo if asked.cells is None else todo[: asked.cells]
    for cell in now:
        started = time.monotonic()
        record = run_cell(cell, asked.images)
        print(f"{cell.cohort} {cell.name}: {record['images']} images, {time.monotonic() - started:.0f} s", flush=True)
    return len(todo) - len(now)


def _print_tables(asked: argparse.Namespace, cohorts: list[str]) -> None:
    judged = {}
    for name in cohorts:
        cohort = Cohort.open(asked.out / name)
        exam = exam_of(cohort, asked.part)
        cells = grid(asked.out, [name], asked.seeds)
        judged[name] = rows_of(cohort, exam, cells, asked.part, Resampling(asked.draws, 0))
        # Cohorts may have been trained by calls of their own, each with its number of images.
        shown = max((cell.read()["images"] for cell in cells if cell.done and cell.arm.share == 1), default=0)
        print(table(cohort, exam, cells, judged[name], asked.part, Scale(shown, asked.seeds)) + "\n")
    if asked.figure:
        asked.figure.write_text(draw(judged), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
