"""A cohort of uncleaned frames inside the private folder: every command that takes a cohort works on it.

It has the frame ids, labels and splits of the cohort itself, so that a network trained on either has seen the same
patients and is judged on the same frames. It can be made anew at any time, and is taken away whole when anybody is
forgotten. Whatever is trained in it stays in it: weights could give away what stood in the pictures.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.uncleaned import Uncleaned, uncleaned_path_of
from sonosift.cohort.writer import CohortWriter
from sonosift.errors import SonosiftError
from sonosift.machine import progress

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

FOLDER = "uncleaned-cohort"


def twin_path_of(private_path: Path) -> Path:
    """Return where the twin of a cohort lies."""
    return private_path / FOLDER


def remove_twin(private_path: Path) -> None:
    """Delete the twin with everything that was trained in it."""
    for folder in (twin_path_of(private_path), private_path / f"{FOLDER}.private"):
        shutil.rmtree(folder, ignore_errors=True)


def uncleaned_twin(cohort: Cohort) -> Cohort:
    """Return the twin; frames, labels and splits that came since are added."""
    from sonosift.cohort.cohort import Cohort

    uncleaned = Uncleaned(uncleaned_path_of(cohort.private_path))
    rows = cohort.catalog().filter(pl.col("clip").is_in(uncleaned.clips()))
    if rows.is_empty():
        raise SonosiftError(
            "this cohort keeps no uncleaned frames",
            "Ingest the archive into a new cohort with --keep-uncleaned; they stay in its private folder.",
        )
    path = twin_path_of(cohort.private_path)
    if path.exists() and not Cohort.exists(path):
        remove_twin(cohort.private_path)  # killed while it was made
    twin = (
        Cohort.open(path)
        if path.exists()
        else Cohort.create(
            path,
            size=cohort.settings.size,
            label_space=cohort.settings.label_space,
            preprocessing=cohort.settings.preprocessing,
            scope=cohort.settings.scope,
        )
    )
    path.chmod(0o700)
    described = rows.drop("shard", "row", "near_duplicate_group", strict=False)
    with CohortWriter(twin) as writer:
        for (clip,), part in progress.track(
            list(described.group_by("clip", maintain_order=True)), "uncleaned twin", unit="clips"
        ):
            kept = uncleaned.read(str(clip))
            if len(kept) == len(part):
                writer.append(np.ascontiguousarray(kept[:, 0]), part.sort("index_in_clip"))
    _copy_labels(cohort, twin)
    _copy_splits(cohort, twin)
    return twin


def _copy_labels(cohort: Cohort, twin: Cohort) -> None:
    columns = ("target_kind", "target_id", "names", "author", "source")
    there = twin.annotations.history().height
    # Append-only on both sides: what the twin has is the beginning of what the cohort has.
    new = cohort.annotations.history().filter(pl.col("space") == cohort.settings.label_space.name)[there:]
    twin.annotations.add_many(Annotation(**row) for row in new.select(columns).iter_rows(named=True))


def _copy_splits(cohort: Cohort, twin: Cohort) -> None:
    (twin.path / "splits").mkdir(exist_ok=True)
    for split in sorted((cohort.path / "splits").glob("[!.]*.parquet")):
        shutil.copyfile(split, twin.path / "splits" / split.name)
