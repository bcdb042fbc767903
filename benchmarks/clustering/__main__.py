"""How well groups are found: FUSC's Tables 1 to 3, Dadoun's Figure 5, and machines that nothing was learnt from.

    python -m benchmarks.clustering OUT --made MADE [--only tables] [--cohort phantom] [--seeds 3] [--seconds 600]

MADE is the folder of ``benchmarks.representations`` with its two cohorts; they are copied into OUT, never written to.

tables: FUSC's Tables 1 to 3 (views of the phantom; COVID-19, pneumonia and regular of POCUS lung frames by patient).
balance: LSD against PICA, five weights and four seeds (organs of the phantom; lung frames), OUT/balance-COHORT.svg.
unseen: groups on a scanner of the phantom that nothing was learnt from, and on linear probes learnt from convex ones.

Every figure is a cell that is kept in OUT/cells, and every training a run in a copy: killed at any time, the same
command goes on. ``--seconds 600`` stops after the cell in hand when so many are over, ``--cells 0`` prints what is
there. OUT remembers its scale.

Seconds a cell at the default scale, measured once on one core of two while the other was busy (every cell prints its
own): DeepMCAT 28, k-means + SimCLR 26 (its pretraining is shared by five rows), + DINO 51 (by three), TEMI 13, FUSC 46,
FUSC* 19, k-means on pixels 1 to 5; PICA or LSD 40 when it was shown 5,000 images. So a seed of the phantom's tables
takes some 11 minutes, of its balance 5, of a scanner never seen 4; lung frames are fewer and take about two thirds.

The paper's figures are of other data (17,617 fetal images and 15 views; 1,242 abdominal
images): to be read for the order only.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.clustering import balance, fusc_tables, unseen
from benchmarks.clustering.arms import Bench
from benchmarks.clustering.box_plot import box_plot
from benchmarks.clustering.cohorts import (
    LUNG,
    PHANTOM,
    components,
    fold_name,
    lung_frames,
    phantom_by_organ,
    phantom_by_view,
)
from benchmarks.clustering.kept_cells import Budget, KeptCells
from benchmarks.clustering.scale import Scale, add_arguments, kept_scale
from benchmarks.representations.cohorts import SPLIT
from sonosift.cohort.cohort import Cohort
from sonosift.machine import progress

TABLES, BALANCE, UNSEEN = "tables", "balance", "unseen"
_SEEDS = {TABLES: 3, BALANCE: 4, UNSEEN: 4}


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--made", type=Path, required=True, help="folder of benchmarks.representations")
    parser.add_argument("--only", choices=(TABLES, BALANCE, UNSEEN), help="only this part")
    parser.add_argument("--cohort", choices=(PHANTOM, LUNG), help="only this one")
    parser.add_argument("--seeds", type=int, help=f"of every row; by default {_SEEDS}")
    parser.add_argument("--cells", type=int, help="stop after so many cells")
    parser.add_argument("--seconds", type=float, help="stop after the cell in hand when so many are over")
    add_arguments(parser)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Return 1 while cells are left, so that a loop around ``--seconds`` knows when to end."""
    given = parsed(arguments)
    progress.set_quiet(True)
    scale = kept_scale(given.out, given)
    kept, began, done, left = KeptCells(given.out / "cells"), time.monotonic(), 0, 0
    for part in (TABLES, BALANCE, UNSEEN):
        for name in (PHANTOM, LUNG):
            if given.only not in (None, part) or given.cohort not in (None, name):
                continue
            budget = Budget(
                None if given.cells is None else given.cells - done,
                None if given.seconds is None else given.seconds - (time.monotonic() - began),
            )
            seeds = given.seeds or _SEEDS[part]
            worked, more = _part(part, name, seeds, given, scale, kept, budget)
            done, left = done + worked, left + more
    return int(left > 0)


def _part(
    part: str, name: str, seeds: int, given: argparse.Namespace, scale: Scale, kept: KeptCells, budget: Budget
) -> tuple[int, int]:
    cohort = _cohort(part, name, given, scale)
    tables = fusc_tables.TABLES if name == PHANTOM else (fusc_tables.EQUAL, fusc_tables.OVER)
    benches = [Bench(cohort, SPLIT if name == PHANTOM else fold_name(seed), seed, scale) for seed in range(seeds)]
    if part == TABLES:
        cells = fusc_tables.cells(name, benches, tables)
    elif part == BALANCE:
        cells = balance.cells(name, benches)
    else:
        cells = unseen.cells(name, cohort, components(given.made / name, cohort), seeds, scale)
    worked, left = kept.work_off(cells, budget)
    judges = "" if part == UNSEEN else _judges(benches[0])
    print(f"\n## {part}, {name}\n\n{scale.words()}; {len(cohort.catalog()):,} frames. {judges}")
    if left:
        print(f"{left} of {len(cells)} cells are left.")
    if part == TABLES:
        fusc_tables.show(name, kept, seeds, tables)
    elif part == BALANCE:
        found = balance.values_of(name, kept, seeds)
        balance.show(found)
        if found:
            drawn = box_plot(found, balance.WEIGHTS)
            (given.out / f"balance-{name}.svg").write_text(drawn, encoding="utf-8")
    else:
        unseen.show(name, kept, seeds)
    return worked, left


def _cohort(part: str, name: str, given: argparse.Namespace, scale: Scale) -> Cohort:
    if name == LUNG:
        return lung_frames(given.out, given.made / LUNG)
    if part == BALANCE:
        return phantom_by_organ(given.out, given.made / PHANTOM, scale.per_exam)
    return phantom_by_view(given.out, given.made / PHANTOM, given.made / "hospital" / "truth", scale.per_exam)


def _judges(bench: Bench) -> str:
    sizes = bench.cohort.splits.get(bench.split).sizes()
    told = [f"{part} {size['frames']} frames of {size['patients']} patients" for part, size in sizes.items()]
    return f"Split {bench.split}: {'; '.join(told)}."


if __name__ == "__main__":
    raise SystemExit(main())
