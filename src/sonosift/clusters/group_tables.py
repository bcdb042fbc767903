"""The tables that a clustering leaves in its run: groups and, where there are any, probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.clusters.trained_groups import TrainedGroups
from sonosift.cohort.run_folder import RunFolder
from sonosift.machine import atomic

GROUPS_FILE = "groups.parquet"
PROBABILITIES_FILE = "group_probabilities.parquet"


def write_groups(run: RunFolder, frame_ids: list[str], found: TrainedGroups, **columns: NDArray[Any]) -> None:
    """Write ``frame_id, group, confidence`` and further columns, the probabilities, and the features."""
    run.save_embeddings(frame_ids, found.features)
    assigned = found.assigned
    if assigned.probabilities is not None:
        shares = {f"group_{k}": column for k, column in enumerate(assigned.probabilities.T)}
        with atomic.replacing(run.path / PROBABILITIES_FILE) as temporary:
            pl.DataFrame({"frame_id": frame_ids} | shares).write_parquet(temporary)
    table = {"frame_id": frame_ids, "group": assigned.groups, "confidence": assigned.confidence}
    with atomic.replacing(run.path / GROUPS_FILE) as temporary:
        pl.DataFrame(table | columns).write_parquet(temporary)


def read_probabilities(run: RunFolder) -> tuple[list[str], NDArray[np.float32]] | None:
    """Return frame ids and ``[n, K]`` probabilities of a run, or None where it has none."""
    path = run.path / PROBABILITIES_FILE
    if not path.exists():
        return None
    table = pl.read_parquet(path)
    return table["frame_id"].to_list(), table.drop("frame_id").to_numpy()
