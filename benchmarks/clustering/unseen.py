"""Groups on a scanner, or with a probe, that nothing was learnt from: the same test frames, once seen and once not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl

from benchmarks.clustering.arms import PIXELS, SUPERVISED, Bench
from benchmarks.clustering.cohorts import LINEAR, LUNG, domain_splits
from benchmarks.clustering.judging import classes_in, groups_of, in_percent, judged
from benchmarks.clustering.kept_cells import Cell, Found, KeptCells
from benchmarks.clustering.scale import Scale
from sonosift import api
from sonosift.clusters.strangers import STRANGER
from sonosift.cohort.cohort import Cohort

ROWS = (PIXELS, "k-means + SimCLR", "FUSC SimCLR", SUPERVISED)
UNSEEN, SEEN = "unseen", "seen"
FALSE_ALARMS = 0.05
_SET_APART = "k-means + SimCLR"
"""The row whose groups are applied to the frames, to see how many are set apart as strange."""


class Domain(NamedTuple):
    """What is held out: a column of the catalog and its value."""

    column: str
    value: str


def domain_of(name: str, cohort: Cohort, seed: int) -> Domain:
    """Return the linear probe on lung frames, and on the phantom one scanner after another."""
    if name == LUNG:
        return Domain("transducer", LINEAR)
    machines = sorted(cohort.catalog()["machine"].drop_nulls().unique())
    return Domain("machine", machines[seed % len(machines)])


def cells(name: str, cohort: Cohort, together: Mapping[str, str], seeds: int, scale: Scale) -> list[Cell]:
    """Return all cells, seed by seed."""
    found = []
    for seed in range(seeds):
        domain = domain_of(name, cohort, seed)
        *splits, frames = domain_splits(cohort, *domain, together, seed)
        for arm, split in zip((UNSEEN, SEEN), splits, strict=True):
            bench = Bench(cohort, split, seed, scale)
            found += [Cell(cell_name(name, arm, row, seed), partial(_work, bench, row, domain, frames)) for row in ROWS]
    return found


def cell_name(cohort: str, arm: str, row: str, seed: int) -> str:
    """Return the name of a cell."""
    return f"{cohort}-{arm}-{row.replace(' ', '_')}-{seed}"


def _work(bench: Bench, row: str, domain: Domain, frames: set[str]) -> Found:
    cohort, split = bench.cohort, bench.cohort.splits.get(bench.split)
    k = classes_in(cohort, split.frame_ids("train"))
    run = bench.run_of(row, k)
    beside = split.catalog("beside").filter(pl.col(domain.column) != domain.value)["frame_id"].to_list()
    found = {"held_out": domain.value, "training_frames": len(split.frame_ids("train"))}
    found |= {"there": judged(cohort, run, k, frames), "beside": judged(cohort, run, k, beside)}
    if row == _SET_APART:
        applied = api.cluster(cohort.path, apply=run, run=f"{run}.applied", false_alarms=FALSE_ALARMS)
        placed = groups_of(cohort, applied.run)
        for name, ids in (("there", frames), ("beside", beside)):
            found[f"set_apart_{name}"] = float(np.mean([placed[frame_id] == STRANGER for frame_id in ids]))
    return found


def show(name: str, kept: KeptCells, seeds: int) -> None:
    """Print what is lost where the machine or probe has never been seen."""
    what = "linear probe, learnt from convex ones" if name == LUNG else "scanner"
    print(f"\n**Never seen: a {what}**\n")
    print("| | seeds | purity, unseen | the same frames, seen | lost | purity on other machines | NMI, unseen | seen |")
    print("|---|---|---|---|---|---|---|---|")
    for row in ROWS:
        pairs = [
            (unseen, seen)
            for seed in range(seeds)
            if (unseen := kept.read(cell_name(name, UNSEEN, row, seed)))
            and (seen := kept.read(cell_name(name, SEEN, row, seed)))
        ]
        print(f"| {' | '.join(_columns(row, pairs))} |")
    _show_set_apart(name, kept, seeds)


def _columns(row: str, pairs: Sequence[tuple[Found, Found]]) -> list[str]:
    if not pairs:
        return [row, "–", *[""] * 6]
    purity = [tuple(side["there"]["purity"]["value"] for side in pair) for pair in pairs]
    nmi = [tuple(side["there"]["nmi"]["value"] for side in pair) for pair in pairs]
    return [
        row,
        str(len(pairs)),
        *(in_percent([pair[side] for pair in purity]) for side in (0, 1)),
        in_percent([seen - unseen for unseen, seen in purity]),
        in_percent([unseen["beside"]["purity"]["value"] for unseen, _ in pairs]),
        *(in_percent([pair[side] for pair in nmi]) for side in (0, 1)),
    ]


def _show_set_apart(name: str, kept: KeptCells, seeds: int) -> None:
    for arm in (UNSEEN, SEEN):
        found = [one for seed in range(seeds) if (one := kept.read(cell_name(name, arm, _SET_APART, seed)))]
        if found:
            there, beside = (in_percent([one[f"set_apart_{where}"] for one in found]) for where in ("there", "beside"))
            print(
                f"\nSet apart as unlike all known frames at {FALSE_ALARMS:.0%} false alarms, machine {arm}: {there} % "
                f"of its frames, {beside} % of those of other machines and patients."
            )
    first = kept.read(cell_name(name, UNSEEN, PIXELS, 0))
    if first:
        there = first["there"]
        floor = 100 * there["majority_share"]
        print(
            f"\nSeed 0 ({first['held_out']}): {there['frames']} frames of {there['patients']} patients are judged, "
            f"learnt from {first['training_frames']}; one single group would have purity {floor:.1f}."
        )
