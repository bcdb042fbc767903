"""Where the labels of a training come from: people, burnt-in text, named groups, weak labels; each with a weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import numpy as np
import polars as pl

from sonosift.cohort.annotation_policy import AUTHORITATIVE
from sonosift.cohort.annotations import LabelMatrix, Source
from sonosift.cohort.cohort import Cohort
from sonosift.errors import SonosiftError, unknown_name

PEOPLE = "people"
"""All sources that outrank a machine."""
BURNT_IN, GROUP = "burnt_in", "group"


def parsed_sources(written: str) -> dict[str, float]:
    """Read ``people,group=0.5``: names with weights, 1 where there is none; an earlier source wins over a later one.

    >>> parsed_sources("people, burnt_in=0.3")
    {'people': 1.0, 'burnt_in': 0.3}
    """
    allowed = (PEOPLE, *get_args(Source))
    found: dict[str, float] = {}
    for part in written.split(","):
        name, _, weight = (piece.strip() for piece in part.partition("="))
        if name not in allowed:
            raise unknown_name("source of labels", name, allowed)
        try:
            found[name] = float(weight or 1)
        except ValueError:
            found[name] = float("nan")
        if not 0 < found[name] < float("inf"):
            raise SonosiftError(f"the weight of {name} is {weight!r}", "Use a number above 0: group=0.5")
    return found


def labels_of_source(cohort: Cohort, rows: pl.DataFrame, source: str, groups_of: str | None) -> LabelMatrix:
    """Return what one source says about the frames of catalog rows."""
    ids, clips = rows["frame_id"].to_list(), rows["clip"].to_list()
    said = cohort.annotations.label_matrix(
        ids,
        clips=clips,
        groups=_groups(cohort, ids, groups_of) if source == GROUP else None,
        sources=[
            known for known in get_args(Source) if known == source or (source == PEOPLE and known in AUTHORITATIVE)
        ],
    )
    return _with_typed_text(cohort, rows, said) if source == BURNT_IN else said


def labels_of_sources(
    cohort: Cohort, rows: pl.DataFrame, sources: Mapping[str, float], groups_of: str | None
) -> tuple[LabelMatrix, np.ndarray, list[str | None]]:
    """Return the labels of frames, the weight of each row, and the source that it comes from."""
    space = cohort.settings.label_space
    matrix = np.zeros((len(rows), len(space)), dtype=np.uint8)
    weights = np.zeros(len(rows), dtype=np.float32)
    named: list[str | None] = [None] * len(rows)
    for source, weight in sources.items():
        said = labels_of_source(cohort, rows, source, groups_of)
        for place in np.flatnonzero(said.known & (weights == 0)):
            matrix[place], weights[place], named[place] = said.matrix[place], weight, source
    return LabelMatrix(matrix, weights > 0), weights, named


def _groups(cohort: Cohort, frame_ids: list[str], run: str | None) -> list[str]:
    if run is None:
        named = {name.rpartition("/")[0] for name in cohort.annotations.history("group")["target_id"]}
        if len(named) != 1:
            raise SonosiftError(
                f"named groups of {len(named)} runs: {', '.join(sorted(named)) or 'none'}",
                "Name groups first, or say whose: groups_of=RUN.",
            )
        (run,) = named
    table = pl.read_parquet(cohort.runs.get(run).path / "groups.parquet").select("frame_id", "group")
    asked = pl.DataFrame({"frame_id": frame_ids}).join(table, on="frame_id", how="left", maintain_order="left")
    return [f"{run}/{group}" for group in asked["group"]]


def _with_typed_text(cohort: Cohort, rows: pl.DataFrame, said: LabelMatrix) -> LabelMatrix:
    space = cohort.settings.label_space
    for place, typed in enumerate(rows["burnt_in_label"].to_list()):
        if typed in space.names and not said.known[place]:
            said.matrix[place], said.known[place] = space.encode([typed]), True
    return said
