"""Count what a cohort holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.report.content import CohortFacts, Part, Share
from sonosift.report.group_cards import machine_shares

_PARTS = ("train", "validation", "test")
_REASONS_SHOWN = 12


def cohort_facts(
    name: str,
    frames: pl.DataFrame,
    truth: NDArray[np.uint8],
    known: NDArray[np.bool_],
    names: Sequence[str],
    quarantine: Mapping[str, int],
    held_back: int = 0,
) -> CohortFacts:
    """Count patients, exams, machines, labels, parts and refused files.

    Args:
        name: What the cohort is called.
        frames: The catalog with a column ``part`` (null where there is no split).
        truth: ``[n, classes]``, rows as in ``frames``.
        known: Which rows are labelled.
        names: The labels.
        quarantine: Files per reason code.
        held_back: Frames that wait outside the catalog until a person has looked at them.
    """
    labelled = int(known.sum())
    refused = sum(quarantine.values())
    counts = truth[known].sum(axis=0) if labelled else np.zeros(len(names), dtype=np.int64)
    return CohortFacts(
        name=name,
        patients=frames["patient"].n_unique(),
        exams=frames["exam"].n_unique(),
        clips=frames["clip"].n_unique(),
        frames=len(frames),
        held_back=held_back + int(frames["needs_review"].sum()),
        labelled=labelled,
        machine_models=frames["machine"].drop_nulls().n_unique(),
        machines=machine_shares(frames),
        labels=[Share(label, int(count), count / labelled) for label, count in zip(names, counts, strict=True)]
        if labelled
        else [],
        quarantine=[
            Share(reason.replace("_", " "), count, count / refused)
            for reason, count in sorted(quarantine.items(), key=lambda entry: -entry[1])[:_REASONS_SHOWN]
        ],
        parts=_parts(frames.with_columns(pl.Series("known", known))),
    )


def _parts(frames: pl.DataFrame) -> list[Part]:
    found = frames["part"].drop_nulls().unique().to_list()
    ordered = [part for part in _PARTS if part in found] + sorted(set(found) - set(_PARTS))
    rows = [(part, frames.filter(pl.col("part") == part)) for part in ordered]
    return [
        Part(part, own["patient"].n_unique(), own["exam"].n_unique(), len(own), int(own["known"].sum()))
        for part, own in rows
    ]
