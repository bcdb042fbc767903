"""FUSC's Tables 1 to 3 in their own shape, the paper's figures beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from benchmarks.clustering.arms import DEEPMCAT, PIXELS, SUPERVISED, Bench
from benchmarks.clustering.judging import classes_in, in_percent, judged
from benchmarks.clustering.kept_cells import Cell, Found, KeptCells
from sonosift.labels.views import SUPER_GROUPS

EQUAL, MERGED, OVER = "1: as many groups as classes", "2: four super-groups", "3: eight times as many groups"
OVER_FACTOR = 8


class Published(NamedTuple):
    """What the paper prints of a row, in percent; ``filled`` where it says so."""

    purity: int
    nmi: int
    filled: int | None = None


# None: the paper has no such row. The linear layer alone learns on stored features, which takes seconds.
# DeepMCAT has VGG16 there and DINO a ViT-S/16; ours is one network for all.
ROWS: dict[tuple[str, str], Published | None] = {
    (EQUAL, DEEPMCAT): Published(35, 16),
    (EQUAL, PIXELS): None,
    (EQUAL, "k-means + SimCLR"): Published(48, 33),
    (EQUAL, "k-means + DINO"): Published(69, 62),
    (EQUAL, "TEMI + SimCLR"): None,
    (EQUAL, "FUSC linear layer SimCLR"): None,
    (EQUAL, "FUSC SimCLR"): Published(64, 55),
    (EQUAL, "FUSC* SimCLR"): Published(71, 65),
    (EQUAL, "FUSC DINO"): Published(71, 67),
    (EQUAL, "FUSC* DINO"): Published(72, 68),
    (EQUAL, SUPERVISED): Published(93, 86),
    (MERGED, PIXELS): None,
    (MERGED, "k-means + SimCLR"): None,
    (MERGED, "FUSC linear layer SimCLR"): None,
    (MERGED, "FUSC SimCLR"): Published(87, 70),
    (MERGED, "FUSC* SimCLR"): Published(76, 64),
    (MERGED, "FUSC DINO"): Published(72, 48),
    (MERGED, "FUSC* DINO"): Published(64, 33),
    (OVER, DEEPMCAT): Published(44, 22, 120),
    (OVER, PIXELS): None,
    (OVER, "k-means + SimCLR"): None,
    (OVER, "FUSC linear layer SimCLR"): None,
    (OVER, "FUSC SimCLR"): Published(76, 49, 120),
    (OVER, "FUSC* SimCLR"): Published(72, 57, 35),
    (OVER, "FUSC DINO"): Published(82, 55, 120),
    (OVER, "FUSC* DINO"): Published(68, 63, 15),
}
TABLES = (EQUAL, MERGED, OVER)


def groups_in(table: str, classes: int) -> int:
    """Return K of a table."""
    return {EQUAL: classes, MERGED: len(SUPER_GROUPS.names), OVER: OVER_FACTOR * classes}[table]


def cell_name(cohort: str, table: str, row: str, seed: int) -> str:
    """Return the name of a cell."""
    return f"{cohort}-tables-{table[0]}-{row.replace(' ', '_').replace('*', '-self')}-{seed}"


def cells(cohort: str, benches: Sequence[Bench], tables: Sequence[str]) -> list[Cell]:
    """Return all cells, seed by seed, so that an unfinished grid has whole rounds."""
    return [
        Cell(cell_name(cohort, table, row, bench.seed), partial(_work, bench, table, row))
        for bench in benches
        for table, row in ROWS
        if table in tables
    ]


def _work(bench: Bench, table: str, row: str) -> Found:
    split = bench.cohort.splits.get(bench.split)
    k = groups_in(table, classes_in(bench.cohort, split.frame_ids("train")))
    run = bench.run_of(row, k)
    return judged(bench.cohort, run, k, split.frame_ids("test"), super_groups=table == MERGED)


def show(cohort: str, kept: KeptCells, seeds: int, tables: Sequence[str]) -> None:
    """Print the tables as Markdown."""
    for table in tables:
        print(f"\n**Table {table}**\n")
        print("| | seeds | filled | purity | NMI | one-to-one | paper, other data: filled | CP | NMI |")
        print("|---|---|---|---|---|---|---|---|---|")
        floor: list[float] = []
        for row in (row for title, row in ROWS if title == table):
            found = [kept.read(cell_name(cohort, table, row, seed)) for seed in range(seeds)]
            print(f"| {' | '.join(_columns(row, [one for one in found if one], ROWS[table, row]))} |")
            floor += [one["majority_share"] for one in found if one]
        if floor:
            print(f"\nOne single group would have purity {100 * sum(floor) / len(floor):.1f}.")


def _columns(row: str, found: Sequence[Found], published: Published | None) -> list[str]:
    paper = ["", "", ""] if published is None else [str(value or "") for value in (published.filled, *published[:2])]
    if not found:
        return [row, "–", "", "", "", "", *paper]
    filled = sum(one["filled_everywhere"] for one in found) / len(found)
    ours = [in_percent([one[name]["value"] for one in found]) for name in ("purity", "nmi", "hungarian")]
    return [row, str(len(found)), f"{filled:.0f} of {found[0]['formed']}", *ours, *paper]
