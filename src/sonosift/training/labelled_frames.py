"""The labelled frames of a part of a cohort, and those without labels that a training may see beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonosift.batches.sampler import Rows
from sonosift.cohort.cohort import Cohort
from sonosift.errors import SonosiftError
from sonosift.labels.combinations import Combinations
from sonosift.labels.space import ONE_HOT_KINDS
from sonosift.machine import progress
from sonosift.training.label_sources import PEOPLE, labels_of_sources


@dataclass(frozen=True)
class LabelledFrames:
    """Frames that carry labels.

    Attributes:
        frame_ids: the frames.
        exams: the exam of each.
        truth: ``[n, C]`` of 0 and 1, columns as in the cohort's label space.
        weights: ``[n]``, how much each counts.
        sources: where each label comes from.
    """

    frame_ids: list[str]
    exams: list[str]
    truth: NDArray[np.uint8]
    weights: NDArray[np.float32]
    sources: list[str]

    def at(self, places: Sequence[int]) -> LabelledFrames:
        """Return some of them."""
        return LabelledFrames(
            [self.frame_ids[place] for place in places],
            [self.exams[place] for place in places],
            self.truth[list(places)],
            self.weights[list(places)],
            [self.sources[place] for place in places],
        )


def labelled_part(
    cohort: Cohort, split: str, part: str, sources: Mapping[str, float], groups_of: str | None = None
) -> LabelledFrames:
    """Return the labelled frames of one part of a split, or say that there are none."""
    rows = cohort.splits.get(split).catalog(part)
    labels, weights, named = labels_of_sources(cohort, rows, sources, groups_of)
    if not labels.known.any():
        raise SonosiftError(
            f"no frame of the {part} part of split {split!r} is labelled by {', '.join(sources)}",
            "Label frames of patients in every part: training, validation and test.",
        )
    everything = LabelledFrames(
        rows["frame_id"].to_list(), rows["exam"].to_list(), labels.matrix, weights, [name or "" for name in named]
    )
    return everything.at(np.flatnonzero(labels.known).tolist())


def judging_part(cohort: Cohort, split: str, sources: Mapping[str, float], groups_of: str | None) -> LabelledFrames:
    """Return the validation frames that people labelled; without any, those that the training's own sources label."""
    try:
        return labelled_part(cohort, split, "validation", {PEOPLE: 1.0})
    except SonosiftError:
        if set(sources) == {PEOPLE}:
            raise
        progress.notice("no validation frame is labelled by a person: thresholds are fitted on what machines derived")
        return labelled_part(cohort, split, "validation", sources, groups_of)


def part_of_labels(cohort: Cohort, labelled: LabelledFrames, fraction: float, seed: int) -> LabelledFrames:
    """Keep whole exams that hold a fraction of the labelled frames; smaller fractions lie inside larger ones."""
    if not 0 < fraction <= 1:
        raise SonosiftError(f"label_fraction is {fraction}", "Use a number above 0 and at most 1.")
    if fraction == 1:
        return labelled
    kept = set(cohort.splits.label_fraction(labelled.frame_ids, fraction, seed))
    return labelled.at([place for place, frame_id in enumerate(labelled.frame_ids) if frame_id in kept])


@dataclass(frozen=True)
class Items:
    """What a training is shown: labelled items first, then those without labels."""

    frame_ids: list[str]
    rows: Rows
    targets: Tensor


def items_of(cohort: Cohort, split: str, learn: LabelledFrames, unlabelled: str | None) -> Items:
    """Put the items of a training together.

    Args:
        cohort: the cohort.
        split: its training part is what may be seen.
        learn: the labelled frames.
        unlabelled: None for a method that needs none; ``rest`` adds all other training frames, ``all`` every one.
    """
    rows = cohort.splits.get(split).catalog("train").select("frame_id", "exam", "clip", "index_in_clip")
    given = set(learn.frame_ids)
    extra = rows.clear()
    if unlabelled is not None:
        rest = rows.filter(~rows["frame_id"].is_in(given))
        extra = rows if unlabelled == "all" or rest.is_empty() else rest
        if rest.is_empty() and unlabelled == "rest":
            progress.notice("every training frame is labelled: the same frames serve as the ones without labels")
    ids = [*learn.frame_ids, *extra["frame_id"].to_list()]
    facts = {row[0]: row[1:] for row in rows.iter_rows()}
    exams, clips, places = zip(*(facts[frame_id] for frame_id in ids), strict=True)
    targets = torch.zeros(len(ids), learn.truth.shape[1] + 1)
    targets[: len(given), :-1] = torch.from_numpy(learn.truth).float()
    targets[: len(given), -1] = torch.from_numpy(learn.weights)
    return Items(ids, Rows(list(exams), list(clips), list(places)), targets)


def label_facts(cohort: Cohort, learn: LabelledFrames, items: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the labels shape in a network, or say why nothing can be learnt from them."""
    space = cohort.settings.label_space
    if len(np.unique(learn.truth, axis=0)) == 1:
        raise SonosiftError(
            f"every labelled training frame says the same: {', '.join(space.decode(learn.truth[0])) or 'nothing'}",
            "Label frames that show something else.",
        )
    facts: dict[str, Any] = {
        "labels": len(space),
        "one_hot": space.kind in ONE_HOT_KINDS,
        "items": items,
        "labelled": len(learn.frame_ids),
        "positives": learn.truth.sum(axis=0).tolist(),
    }
    if settings.get("form") == "two-head":
        kept = Combinations.of(learn.truth, min_count=settings["min_count"], k=settings["k"])
        facts["combinations"] = kept.rows.tolist()
    return facts


def tell_missing(cohort: Cohort, learn: LabelledFrames, judge: LabelledFrames, *, allowed: bool) -> None:
    """Say which labels cannot be learnt; refuse, or only say, that some cannot be judged and get no threshold.

    Refusing is right for a person at work: some more labels mend it, while a figure without a class, once printed, is
    taken for one with all of them. What runs unattended goes on and says it.
    """
    space = cohort.settings.label_space
    learnt, judged = learn.truth.any(axis=0), judge.truth.any(axis=0)
    if not learnt.all():
        names = ", ".join(space.decode((~learnt).astype(np.uint8)))
        progress.notice(f"no training frame is labelled {names}: that cannot be learnt")
    if (learnt & ~judged).any():
        names = ", ".join(space.decode((learnt & ~judged).astype(np.uint8)))
        message = f"no validation frame is labelled {names}: that cannot be judged, and no threshold can be fitted"
        if not allowed:
            raise SonosiftError(
                message, "Label some in the validation part, or go on without (--unjudged; the threshold is 0.5 then)."
            )
        progress.notice(f"{message}; it is 0.5")
