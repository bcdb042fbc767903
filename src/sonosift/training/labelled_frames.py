"""The labelled frames of a part of a cohort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonosift.cohort.cohort import Cohort
from sonosift.errors import SonosiftError


@dataclass(frozen=True)
class LabelledFrames:
    """Frames that carry labels.

    Attributes:
        frame_ids: the frames.
        exams: the exam of each.
        truth: ``[n, C]`` of 0 and 1, columns as in the cohort's label space.
    """

    frame_ids: list[str]
    exams: list[str]
    truth: NDArray[np.uint8]


def labelled_part(cohort: Cohort, split: str, part: str) -> LabelledFrames:
    """Return the labelled frames of one part of a split, or say that there are none."""
    rows = cohort.splits.get(split).catalog(part)
    labels = cohort.annotations.label_matrix(rows["frame_id"].to_list(), clips=rows["clip"].to_list())
    if not labels.known.any():
        raise SonosiftError(
            f"no frame of the {part} part of split {split!r} is labelled",
            "Label frames of patients in every part: training, validation and test.",
        )
    places = np.flatnonzero(labels.known)
    return LabelledFrames(
        frame_ids=rows["frame_id"].gather(places).to_list(),
        exams=rows["exam"].gather(places).to_list(),
        truth=labels.matrix[places],
    )


def part_of_labels(cohort: Cohort, labelled: LabelledFrames, fraction: float, seed: int) -> LabelledFrames:
    """Keep whole exams that hold a fraction of the labelled frames; smaller fractions lie inside larger ones."""
    if not 0 < fraction <= 1:
        raise SonosiftError(f"label_fraction is {fraction}", "Use a number above 0 and at most 1.")
    if fraction == 1:
        return labelled
    kept = set(cohort.splits.label_fraction(labelled.frame_ids, fraction, seed))
    places = [place for place, frame_id in enumerate(labelled.frame_ids) if frame_id in kept]
    return LabelledFrames(
        frame_ids=[labelled.frame_ids[place] for place in places],
        exams=[labelled.exams[place] for place in places],
        truth=labelled.truth[places],
    )
