"""A cohort's frames as protocols and reports need them: with parts of a split and with labels given by people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.splits import DEFAULT_NAME, Split
from sonosift.evaluate.protocol import LabelledFrames
from sonosift.labels.space import ONE_HOT_KINDS

ReadFrames = Callable[[list[str]], NDArray[np.uint8]]

UNKNOWN_MACHINE = "unknown machine"
UNKNOWN_TRANSDUCER = "unknown transducer"


@dataclass(frozen=True)
class CohortFrames:
    """The catalog with parts and labels.

    Attributes:
        table: The catalog (at least ``frame_id, patient, exam, machine, transducer``) with a column ``part``, null
            without a split.
        truth: ``[n, classes]``, rows as in ``table``.
        known: Which rows are labelled.
        names: The labels.
        read: Gives the pixels of frame ids.
        leaking_patients: Patients who stand in more than one part: none unless the split is by frame.
        one_answer: Whether every labelled frame has exactly one label.
    """

    table: pl.DataFrame
    truth: NDArray[np.uint8]
    known: NDArray[np.bool_]
    names: Sequence[str]
    read: ReadFrames
    leaking_patients: int = 0
    one_answer: bool = False

    def labelled(self, part: str, only: Sequence[str] | None = None) -> LabelledFrames:
        """Return the labelled frames of one part, or those of them that are in ``only``."""
        chosen = self.known & (self.table["part"] == part).fill_null(value=False).to_numpy()
        if only is not None:
            chosen &= self.table["frame_id"].is_in(list(only)).to_numpy()
        return self._at(chosen)

    def all_labelled(self) -> LabelledFrames:
        """Return every labelled frame, whatever its part."""
        return self._at(self.known)

    def _at(self, chosen: NDArray[np.bool_]) -> LabelledFrames:
        places = np.flatnonzero(chosen)
        rows = self.table[places.tolist()]
        return LabelledFrames(
            rows["frame_id"].to_list(),
            self.truth[places],
            rows["patient"].to_list(),
            rows["machine"].fill_null(UNKNOWN_MACHINE).to_list(),
            rows["transducer"].fill_null(UNKNOWN_TRANSDUCER).to_list(),
            rows["exam"].to_list(),
            self.one_answer,
        )


def cohort_frames(cohort: Cohort, split: str | None = None) -> CohortFrames:
    """Read catalog, labels and split.

    Args:
        cohort: The cohort.
        split: Name of the split; by default the one called "default", or none when the cohort has no such split.
    """
    catalog = cohort.catalog()
    table, leaking = catalog.with_columns(pl.lit(None, dtype=pl.String).alias("part")), 0
    if split is not None or DEFAULT_NAME in cohort.splits.names():
        found = cohort.splits.get(split or DEFAULT_NAME)
        table, leaking = _with_parts(catalog, found), len(found.leaking_patients())
    space = cohort.settings.label_space
    # Labels that a machine derived (burnt-in text, names of groups) train networks, but never judge them.
    truth, known = cohort.annotations.label_matrix(
        table["frame_id"].to_list(),
        clips=table["clip"].to_list(),
        sources=("expert", "adjudication", "truth", "csv"),
    )
    one_answer = space.kind in ONE_HOT_KINDS
    return CohortFrames(table, truth, known, space.names, cohort.frames.read, leaking, one_answer)


def _with_parts(catalog: pl.DataFrame, split: Split) -> pl.DataFrame:
    # Patients who came after the split was made have no part yet, but they are in the cohort.
    parts = split.catalog().select("frame_id", "part")
    return catalog.join(parts, on="frame_id", how="left", maintain_order="left")
