"""The features that groups are formed in: which space, which frames may shape it, which are kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.cohort.splits import DEFAULT_NAME
from sonosift.errors import SonosiftError, unknown_name
from sonosift.machine import progress
from sonosift.neighbours.checked_embeddings import checked_embeddings, unit_rows
from sonosift.training.cohort_frames import TRAIN, frames_without_labels, load_canvas
from sonosift.training.finished_run import load_method
from sonosift.training.predict import predict

SPACES = ("auto", "backbone", "projection", "pixels")
VALIDATION = "validation"
_WITH_PROJECTION = ("simclr", "moco", "uscl")
_SAME = 1e-5


@dataclass(frozen=True)
class Sides:
    """Which rows shape the groups, and which choose between steps or calibrate thresholds.

    Attributes:
        learnt: ``[n]`` rows of the part that the run learnt from.
        apart: ``[n]`` rows of the validation part; those of ``learnt`` where there is none.
        part: the name of the part.
    """

    learnt: NDArray[np.bool_]
    apart: NDArray[np.bool_]
    part: str

    @property
    def really_apart(self) -> bool:
        """Whether the second side shares no frame with the first."""
        return not bool((self.learnt & self.apart).any())


def sides_of(cohort: Cohort, source: RunFolder | None, split: str = DEFAULT_NAME) -> Sides:
    """Return the sides as the source run had them; test patients do not shape their own groups.

    Args:
        cohort: the cohort.
        source: the run; None for pixels.
        split: the split to use where no run has one.
    """
    config: dict[str, Any] = {} if source is None else source.config
    split = config.get("split") or split
    rows, part = frames_without_labels(cohort, split, config.get("part"))
    frame_ids = pl.Series(cohort.frames.frame_ids)
    learnt = frame_ids.is_in(rows["frame_id"].to_list()).to_numpy()
    apart = learnt
    if part == TRAIN and VALIDATION in cohort.splits.get(split).parts:
        kept = frame_ids.is_in(cohort.splits.get(split).frame_ids(VALIDATION)).to_numpy()
        apart = kept if kept.any() else learnt
    return Sides(learnt, apart, part)


def chosen_space(wanted: str, source: RunFolder | None, *, projection: bool) -> str:
    """Turn ``auto`` into a space, and refuse one that the run does not have.

    Args:
        wanted: one of ``SPACES``.
        source: the run whose network is used; None for pixels.
        projection: whether ``auto`` means the projection where there is one (FUSC's published code).
    """
    if wanted not in SPACES:
        raise unknown_name("space", wanted, SPACES)
    if source is None:
        if wanted not in ("auto", "pixels"):
            raise SonosiftError(f"space {wanted} needs a network", "Name a run with --from.")
        return "pixels"
    has = source.config.get("method") in _WITH_PROJECTION
    if wanted == "projection" and not has:
        raise SonosiftError(
            f"run {source.name!r} has no projection", f"Only {', '.join(_WITH_PROJECTION)} have one: use backbone."
        )
    if wanted == "auto":
        return "projection" if projection and has else "backbone"
    return wanted


def network_features(cohort: Cohort, source: RunFolder, space: str) -> NDArray[np.float32]:
    """Return the features of every frame in the order of the cohort; stored ones where the run has them."""
    frame_ids = cohort.frames.frame_ids
    if not source.model_path.exists():
        raise SonosiftError(f"run {source.name!r} holds no weights yet", "Let it finish first: give its command again.")
    if space == "backbone" and source.embeddings_path.exists():
        stored_ids, stored = source.embeddings()
        if stored_ids == frame_ids:
            return checked_embeddings(np.array(stored))
        progress.notice("the cohort has other frames than the run: they are embedded anew")
    network = load_method(source)
    canvas = load_canvas(cohort, frame_ids, network.image_size)
    found = predict(network, canvas, source.config["precision"], title="embed")
    return checked_embeddings(found.features if space == "backbone" else found.logits)


def check_that_frames_differ(features: NDArray[np.float32], what: str) -> None:
    """Refuse frames of which none differs from another: there is nothing to group them by."""
    unit = unit_rows(features)
    if len(unit) > 1 and float(np.abs(unit - unit[0]).max()) < _SAME:
        raise SonosiftError(
            f"all {len(unit)} frames look the same to {what}",
            "Either they are copies of one picture, or the network has collapsed: look at a contact sheet "
            "(sonosift inspect COHORT --contact-sheet sheet.png), and train another run.",
        )


def check_number_of_groups(wanted: int, frames: int) -> None:
    """Refuse more groups than there are frames to form them."""
    if frames < 2:
        raise SonosiftError(f"{frames} frame cannot be grouped", "Two at least are needed; ingest more.")
    if not 2 <= wanted <= frames:
        raise SonosiftError(
            f"cannot make {wanted} groups of {frames} frames",
            f"Ask for 2 to {frames} groups (--k), or ingest more frames.",
        )
