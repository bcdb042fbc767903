"""Smaller copies of cohorts, under another label space where a benchmark wants one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.writer import CohortWriter
from sonosift.labels.space import LabelSpace

_NEW_IN_THE_COPY = ("shard", "row", "near_duplicate_group")


def copied(
    original: Cohort,
    target: Path,
    kept: pl.DataFrame,
    space: LabelSpace,
    names_of: Mapping[str, Sequence[str]],
    key: str,
) -> Cohort:
    """Copy some frames of a cohort.

    Args:
        original: where they are.
        target: folder of the copy.
        kept: their rows of the catalog.
        space: the copy's label space.
        names_of: the labels of each frame that has any.
        key: the copy's key is made of it; anyone can know it, since the copies hold nobody's identity.
    """
    secret = hashlib.sha256(f"sonosift {key}".encode()).digest()
    made = Cohort.create(target, size=original.settings.frame_shape, label_space=space, key=secret)
    ids = kept["frame_id"].to_list()
    with CohortWriter(made) as writer:
        writer.append(original.frames.read(ids), kept.drop(*_NEW_IN_THE_COPY))
    made.annotations.add_many(
        Annotation(target_kind="frame", target_id=frame_id, names=tuple(names_of[frame_id]), author="copied",
                   source="truth")
        for frame_id in ids
        if frame_id in names_of
    )  # fmt: skip
    return made


def evenly(catalog: pl.DataFrame, per_exam: int | None) -> pl.DataFrame:
    """Keep at most ``per_exam`` frames of each exam, evenly spread over it; None keeps all."""
    if per_exam is None:
        return catalog
    kept = []
    for _, rows in catalog.group_by("exam", maintain_order=True):
        places = np.unique(np.linspace(0, len(rows) - 1, min(per_exam, len(rows))).round().astype(int))
        kept.append(rows[places.tolist()])
    return pl.concat(kept)
