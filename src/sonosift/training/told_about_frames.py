"""What a method that learns without an expert may still be told of each frame: its clip's class, its DICOM tags."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor

from sonosift.batches.draws import numpy_draws
from sonosift.cohort.cohort import Cohort
from sonosift.labels.study_descriptions import STUDY_GROUPS
from sonosift.losses.partly_labelled import UNLABELLED
from sonosift.machine import progress

PROBES = ("linear", "curvilinear")
TAGS = (*PROBES, *STUDY_GROUPS)
"""The metadata vector: two bits for the probe, eight for the study description; unknown ones stay 0."""


class Told(NamedTuple):
    """Facts that shape the networks, and one row of targets per frame."""

    facts: dict[str, int]
    targets: Tensor | None = None


def told_about(need: str | None, cohort: Cohort, rows: pl.DataFrame, settings: Mapping[str, Any], seed: int) -> Told:
    """Return what a method needs besides the frames.

    Args:
        need: ``frames`` (their number), ``classes`` of clips, ``tags`` of DICOM headers, or None.
        cohort: the cohort.
        rows: catalog rows of the frames, in the order of the training.
        settings: the method's.
        seed: of the controls and of the choice of labelled clips.
    """
    if need == "frames":
        return Told({"frames": len(rows)})
    if need == "classes":
        return _classes(cohort, rows, settings["label_rate"], seed)
    if need == "tags":
        if not settings["metadata"]:
            return Told({"tags": 0})
        found = dicom_tags(rows)
        if not found.any():
            progress.notice("no frame names its transducer or study: the critic judges by the picture alone")
        tags = controlled(found, settings["metadata_control"], settings["wrong_tags"], seed)
        return Told({"tags": len(TAGS)}, torch.from_numpy(tags))
    return Told({})


def dicom_tags(rows: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return ``[n, 10]``: one-hot probe, multi-hot groups of the study description."""
    tags = np.zeros((len(rows), len(TAGS)), dtype=np.float32)
    columns = {name: place for place, name in enumerate(TAGS)}
    for row, (probe, groups) in enumerate(zip(rows["transducer"], rows["study_groups"].to_list(), strict=True)):
        for name in (probe, *groups):
            if name in columns:
                tags[row, columns[name]] = 1.0
    return tags


def controlled(
    tags: np.ndarray[Any, np.dtype[np.float32]], control: str, wrong: float, seed: int
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Spoil tags on purpose: all shuffled among the frames, or a share of them replaced by other frames' tags.

    A replaced row always differs from what it was; only where all frames have the same tags does nothing change.
    """
    draws = numpy_draws(seed, "metadata control")
    if control == "shuffled":
        return tags[draws.permutation(len(tags))]
    spoilt = tags.copy()
    for row in draws.permutation(len(tags))[: round(wrong * len(tags))]:
        others = np.flatnonzero((tags != tags[row]).any(axis=1))
        if len(others):
            spoilt[row] = tags[draws.choice(others)]
    return spoilt


def _classes(cohort: Cohort, rows: pl.DataFrame, rate: float, seed: int) -> Told:
    """Number the label combinations of the labelled clips; a clip's class is that of its first labelled frame."""
    labels = cohort.annotations.label_matrix(rows["frame_id"].to_list(), clips=rows["clip"].to_list())
    if not labels.known.any() or rate == 0:
        return Told({"classes": 0})
    clips = rows["clip"].to_numpy()
    first: dict[str, int] = {}
    for row in np.flatnonzero(labels.known):
        first.setdefault(clips[row], int(row))
    named = sorted(first)
    kept = numpy_draws(seed, "labelled clips").permutation(len(named))[: math.ceil(round(rate * len(named), 9))]
    _, classes = np.unique(labels.matrix[[first[clip] for clip in named]], axis=0, return_inverse=True)
    class_of = {named[place]: int(classes.ravel()[place]) for place in kept}
    targets = np.array([class_of.get(clip, UNLABELLED) for clip in clips], dtype=np.int64)
    return Told({"classes": int(classes.max()) + 1}, torch.from_numpy(targets))
