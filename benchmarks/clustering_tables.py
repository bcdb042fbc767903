"""FUSC's Tables 1 to 3 on a simulated hospital: views as classes, the paper's figures beside ours.

    python benchmarks/clustering_tables.py OUT --cohort COHORT --truth TRUTH/frames.parquet [--seeds 3] [--cells N]

COHORT is a cohort of the phantom with its private folder beside it and a split (``--split``); OUT gets a copy whose
labels are the views. Every training is a cell that is kept in OUT/cells: the same command goes on where it was
stopped, and ``--cells 0`` prints what is there. All arms learn from the training part alone and are judged on test
patients. The paper's figures are of 17,617 real fetal images and 15 views: other data, to be read for the order only.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import t as student

from sonosift import api
from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.settings import FILE_NAME, write_settings
from sonosift.commands.simulated_expert import true_labels
from sonosift.evaluate.group_metrics import group_metrics
from sonosift.labels.views import SUPER_GROUP_OF_VIEW, SUPER_GROUPS, VIEWS

# (table, row): the paper's purity and NMI in percent; None where it has no such row.
ROWS: dict[tuple[str, str], tuple[int, int] | None] = {
    ("1: as many groups as views", "DeepMCAT"): (35, 16),
    ("1: as many groups as views", "k-means on pixels"): None,
    ("1: as many groups as views", "k-means + SimCLR"): (48, 33),
    ("1: as many groups as views", "k-means + DINO"): (69, 62),
    ("1: as many groups as views", "TEMI + SimCLR"): None,
    ("1: as many groups as views", "FUSC SimCLR"): (64, 55),
    ("1: as many groups as views", "FUSC* SimCLR"): (71, 65),
    ("1: as many groups as views", "FUSC DINO"): (71, 67),
    ("1: as many groups as views", "FUSC* DINO"): (72, 68),
    ("1: as many groups as views", "supervised"): (93, 86),
    ("2: four super-groups", "k-means + SimCLR"): None,
    ("2: four super-groups", "FUSC SimCLR"): (87, 70),
    ("2: four super-groups", "FUSC* SimCLR"): (76, 64),
    ("2: four super-groups", "FUSC DINO"): (72, 48),
    ("2: four super-groups", "FUSC* DINO"): (64, 33),
    ("3: eight times as many", "DeepMCAT"): (44, 22),
    ("3: eight times as many", "k-means + SimCLR"): None,
    ("3: eight times as many", "FUSC SimCLR"): (76, 49),
    ("3: eight times as many", "FUSC* SimCLR"): (72, 57),
    ("3: eight times as many", "FUSC DINO"): (82, 55),
    ("3: eight times as many", "FUSC* DINO"): (68, 63),
}
TABLES = tuple(dict.fromkeys(table for table, _ in ROWS))


def views_cohort(out: Path, source: Path, truth: Path) -> Cohort:
    """Copy the cohort and label every frame with its view; frames without a view of the list are not labelled."""
    target = out / "cohort"
    if not (target / "labelled").exists():
        shutil.rmtree(target, ignore_errors=True)
        original = Cohort.open(source)
        known = true_labels(original, truth).unique("frame_id", keep="first").sort("frame_id")
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("runs", "labels.sqlite", "report.html"))
        write_settings(target / FILE_NAME, original.settings.model_copy(update={"label_space": VIEWS}))
        copied = Cohort.open(target)
        copied.annotations.add_many(
            Annotation(target_kind="frame", target_id=frame, names=(view,), author="phantom", source="truth")
            for frame, view in known.select("frame_id", "view").iter_rows()
            if view in VIEWS.names
        )
        (target / "labelled").touch()
    return Cohort.open(target)


class Bench:
    """One cohort, one scale; runs are named after arm and seed."""

    def __init__(self, cohort: Cohort, given: argparse.Namespace) -> None:
        self.cohort, self.given = cohort, given
        rows = cohort.splits.get(given.split).catalog("test")
        labels = cohort.annotations.label_matrix(rows["frame_id"].to_list())
        keep = np.flatnonzero(labels.known)
        self.frame_ids = [rows["frame_id"][int(place)] for place in keep]
        self.patients = [rows["patient"][int(place)] for place in keep]
        self.truth = labels.matrix[keep]
        train = cohort.splits.get(given.split).catalog("train")
        learnt = cohort.annotations.label_matrix(train["frame_id"].to_list()).matrix
        self.views = int((learnt.sum(axis=0) > 0).sum())

    def groups_of(self, table: str) -> int:
        """Return K of a table."""
        return {TABLES[0]: self.views, TABLES[1]: len(SUPER_GROUPS.names), TABLES[2]: 8 * self.views}[table]

    def figures(self, run: str, k: int, *, merged: bool) -> dict[str, Any]:
        """Judge the groups of a run, or the answers of a classifier taken as groups."""
        folder = self.cohort.runs.get(run)
        if (folder.path / "groups.parquet").exists():
            table = pl.read_parquet(folder.path / "groups.parquet")
            placed = dict(table.select("frame_id", "group").iter_rows())
        else:
            table = pl.read_parquet(folder.path / "predictions.parquet")
            answers = table.select(VIEWS.names).to_numpy().argmax(axis=1).tolist()
            placed = dict(zip(table["frame_id"], answers, strict=True))
        groups = np.array([placed[frame_id] for frame_id in self.frame_ids])
        truth, names = (merged_views(self.truth), SUPER_GROUPS.names) if merged else (self.truth, VIEWS.names)
        found = group_metrics(groups, truth, self.patients, names, formed=k, draws=200)
        everywhere = len(set(placed.values()))
        return found.model_dump(mode="json", exclude={"top_three"}) | {"filled_everywhere": everywhere}

    def cell(self, table: str, row: str, seed: int) -> dict[str, Any]:
        """Train what a row needs, unless it is there, and judge it."""
        k, merged, given = self.groups_of(table), table == TABLES[1], self.given
        path, common = (
            self.cohort.path,
            {"split": given.split, "image_size": given.image_size, "scale": "small", "seed": seed},
        )
        ssl = {"SimCLR": "simclr", "DINO": "dino"}.get(row.rsplit(" ", 1)[-1], "")
        if ssl:
            api.pretrain(path, method=ssl, run=f"{ssl}-{seed}", steps=given.steps, **common)
        name = f"{row.lower().replace('*', '-self').replace(' ', '-').replace('+', 'of')}-{k}-{seed}"
        if row == "supervised":
            api.train(path, run=name, steps=given.steps, **common)
        elif row == "DeepMCAT":
            run = f"deepcluster-{k}-{seed}"
            settings = {"clusters": k}
            api.pretrain(path, method="deepcluster", run=run, steps=given.steps, settings=settings, **common)
            api.cluster(path, from_run=run, method="kmeans", k=k, run=name, seed=seed)
        elif row == "k-means on pixels":
            api.cluster(path, method="kmeans", space="pixels", k=k, run=name, seed=seed)
        elif row.startswith(("k-means", "TEMI")):
            method = "temi" if row.startswith("TEMI") else "kmeans"
            api.cluster(path, from_run=f"{ssl}-{seed}", method=method, k=k, run=name, seed=seed)
        else:
            fusc = f"fusc-{ssl}-{k}-{seed}"
            steps = {"steps": given.cluster_steps}
            source = f"{ssl}-{seed}"
            api.cluster(path, from_run=source, method="fusc", k=k, run=fusc, scale="small", seed=seed, settings=steps)
            name = fusc
            if "*" in row:
                # The paper's recipe: a collapse is reported, not undone.
                refine = {"steps": given.refine_steps, "on_collapse": "report"}
                name = f"{fusc}-self"
                api.cluster(
                    path, from_run=fusc, method="self-label", run=name, scale="small", seed=seed, settings=refine
                )
        return self.figures(name, k, merged=merged)


def merged_views(truth: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    merged = np.zeros((len(truth), len(SUPER_GROUPS.names)), dtype=np.uint8)
    for column, view in enumerate(VIEWS.names):
        merged[:, SUPER_GROUPS.index(SUPER_GROUP_OF_VIEW[view])] |= truth[:, column]
    return merged


def interval(values: list[float]) -> str:
    """Mean and, of several seeds, its 95 % interval (Student's t)."""
    mean = 100 * float(np.mean(values))
    if len(values) < 2:
        return f"{mean:5.1f}          "
    half = 100 * student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5
    return f"{mean:5.1f} +- {half:4.1f}  "


def show(read: Callable[[str, str], list[dict[str, Any]]], views: int) -> None:
    for table in TABLES:
        print(f"\nTable {table}")
        print(f"{'':22}{'seeds':>6}{'filled':>16}   {'purity':<16}{'NMI':<16}{'floor':>6}   paper, other data: CP  NMI")
        for row in (row for title, row in ROWS if title == table):
            cells = read(table, row)
            if not cells:
                print(f"{row:22}{'-':>6}")
                continue
            filled = f"{np.mean([cell['filled_everywhere'] for cell in cells]):.0f} of {cells[0]['formed']}"
            figures = "".join(interval([cell[name]["value"] for cell in cells]) for name in ("purity", "nmi"))
            published = ROWS[table, row]
            paper = f"{published[0]:>22}{published[1]:>5}" if published else ""
            floor = 100 * cells[0]["majority_share"]
            print(f"{row:22}{len(cells):>6}{filled:>16}   {figures}{floor:6.1f}{paper}")
    print(f"\n{views} views in the training part; * after self-labelling; floor: purity of one single group.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True, help="folder that holds frames.parquet")
    parser.add_argument("--split", default="default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=300, help="of each pretraining")
    parser.add_argument("--cluster-steps", type=int, default=150)
    parser.add_argument("--refine-steps", type=int, default=60)
    parser.add_argument("--cells", type=int, help="stop after so many")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(views_cohort(given.out, given.cohort, given.truth), given)
    cells = given.out / "cells"
    cells.mkdir(exist_ok=True)

    def place(table: str, row: str, seed: int) -> Path:
        return cells / f"{table[0]}-{row.replace(' ', '_').replace('*', 'x')}-{seed}.json"

    left = given.cells if given.cells is not None else len(ROWS) * given.seeds
    for seed in range(given.seeds):
        for table, row in ROWS:
            path = place(table, row, seed)
            if path.exists() or left <= 0:
                continue
            path.write_text(json.dumps(bench.cell(table, row, seed), indent=1))
            left -= 1
    print(
        f"{len(bench.frame_ids)} test frames of {len(set(bench.patients))} patients, {given.image_size} px, "
        f"{given.steps} steps of pretraining, {given.cluster_steps} of FUSC, {given.refine_steps} of self-labelling"
    )

    def read(table: str, row: str) -> list[dict[str, Any]]:
        paths = [place(table, row, seed) for seed in range(given.seeds)]
        return [json.loads(path.read_text()) for path in paths if path.exists()]

    show(read, bench.views)


if __name__ == "__main__":
    main()
