"""Methods that keep their best step are judged on the validation part; without one they keep their last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sonosift.cohort.cohort import Cohort
from sonosift.machine import progress
from sonosift.methods.method import Method
from sonosift.training.cohort_frames import load_canvas, rows_of, validation_rows
from sonosift.training.fit_plan import Validate
from sonosift.training.precision import Precision
from sonosift.training.told_about_frames import told_about
from sonosift.training.validation_loss import lowest_loss_on

BEST = "best"


def validation_of(
    cohort: Cohort,
    method: Method,
    settings: Mapping[str, Any],
    need: str | None,
    split: str,
    learnt_part: str,
    precision: Precision,
    seed: int,
) -> Validate | None:
    """Return what scores the method now and then, or None where it keeps its last step.

    Args:
        cohort: the cohort.
        method: built, with the sampler and the views that it wants.
        settings: the method's; ``keep`` is ``best`` or ``last`` where it has the choice.
        need: what it is told of each frame.
        split: name of the split.
        learnt_part: the part that it learns from.
        precision: to compute with.
        seed: of the batches that judge.
    """
    if settings.get("keep") != BEST:
        return None
    if learnt_part != "train":
        progress.notice("the last step is kept: there is no validation part to find the best one with")
        return None
    rows = validation_rows(cohort, split)
    if rows.is_empty():
        progress.notice("the last step is kept: the split has no validation part, or it is empty")
        return None
    frames = load_canvas(cohort, rows["frame_id"].to_list(), settings["image_size"])
    told = told_about(need, cohort, rows, settings, seed)
    # Classes are numbered within a part: a classifier is not judged by those of another.
    targets = told.targets if need == "tags" else None
    return lowest_loss_on(frames, method.sampler(rows_of(rows), seed), targets, precision, seed)
