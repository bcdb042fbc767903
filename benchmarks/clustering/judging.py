"""Groups, or a classifier's answers taken as groups, against the truth of some frames."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.clustering.kept_cells import Found
from sonosift.clusters.strangers import STRANGER
from sonosift.cohort.cohort import Cohort
from sonosift.evaluate.group_metrics import group_metrics
from sonosift.evaluate.seeds import over_seeds
from sonosift.labels.views import SUPER_GROUP_OF_VIEW, SUPER_GROUPS, VIEWS

_DRAWS = 200


def judged(cohort: Cohort, run: str, k: int, frames: Collection[str], *, super_groups: bool = False) -> Found:
    """Return purity, NMI, ARI and one-to-one accuracy on labelled frames, and how many groups hold any frame at all.

    Args:
        cohort: the cohort.
        run: a clustering or a classifier.
        k: groups asked for.
        frames: those to judge on.
        super_groups: whether views are judged by the four super-groups that they fall into.
    """
    placed = groups_of(cohort, run)
    rows = cohort.catalog().filter(pl.col("frame_id").is_in(list(frames)))
    labels = cohort.annotations.label_matrix(rows["frame_id"].to_list())
    rows, truth = rows.filter(pl.Series(labels.known)), labels.matrix[labels.known]
    names = cohort.settings.label_space.names
    if super_groups:
        truth, names = by_super_group(truth), SUPER_GROUPS.names
    groups = np.array([placed[frame_id] for frame_id in rows["frame_id"]])
    found = group_metrics(groups, truth, rows["patient"].to_list(), names, formed=k, draws=_DRAWS)
    everywhere = len(set(placed.values()) - {STRANGER})
    return found.model_dump(mode="json", exclude={"top_three"}) | {"filled_everywhere": everywhere}


def groups_of(cohort: Cohort, run: str) -> dict[str, int]:
    """Return the group of every frame."""
    folder = cohort.runs.get(run).path
    if (folder / "groups.parquet").exists():
        return dict(pl.read_parquet(folder / "groups.parquet").select("frame_id", "group").iter_rows())
    table = pl.read_parquet(folder / "predictions.parquet")
    answers = table.drop("frame_id").to_numpy().argmax(axis=1).tolist()
    return dict(zip(table["frame_id"], answers, strict=True))


def classes_in(cohort: Cohort, frames: Collection[str]) -> int:
    """Count the labels that occur among some frames."""
    return int((cohort.annotations.label_matrix(list(frames)).matrix.sum(axis=0) > 0).sum())


def by_super_group(truth: NDArray[np.uint8]) -> NDArray[Any]:
    """Merge the columns of views into those of their super-groups."""
    merged = np.zeros((len(truth), len(SUPER_GROUPS.names)), dtype=np.uint8)
    for column, view in enumerate(VIEWS.names):
        merged[:, SUPER_GROUPS.index(SUPER_GROUP_OF_VIEW[view])] |= truth[:, column]
    return merged


def in_percent(values: Sequence[float]) -> str:
    """Return mean and 95 % interval over seeds, in percent; one seed alone has no interval."""
    mean, low, high = (100 * value for value in over_seeds(values))
    return f"{mean:.1f}" + (f" ({low:.1f} to {high:.1f})" if low == low else "")
