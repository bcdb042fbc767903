"""Which frames of a cohort a training sees, and where its first weights come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from sonosift.batches.frame_source import FrameSource
from sonosift.batches.load_frames import load_frames
from sonosift.batches.random_views import canvas_size
from sonosift.batches.sampler import Rows
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.splits import DEFAULT_NAME
from sonosift.errors import SonosiftError
from sonosift.nets.initial_weights import RANDOM, TIMM

ALL = "all"
TRAIN = "train"
VALIDATION = "validation"


def frames_without_labels(cohort: Cohort, split: str, part: str | None) -> tuple[pl.DataFrame, str]:
    """Return the catalog rows that training without labels may see, and the name of their part.

    Args:
        cohort: the cohort.
        split: name of the split.
        part: a part of it, or ``all``. None takes the training part where the split exists, so that a later
            evaluation meets patients that nothing has seen, and else all frames.
    """
    if part is None:
        part = TRAIN if split in cohort.splits.names() or split != DEFAULT_NAME else ALL
    rows = cohort.catalog() if part == ALL else cohort.splits.get(split).catalog(part)
    if rows.is_empty():
        raise SonosiftError(
            f"there is no frame to learn from in {cohort.path} (part: {part})", "Ingest an archive first."
        )
    return rows, part


def validation_rows(cohort: Cohort, split: str) -> pl.DataFrame:
    """Return the catalog rows of a split's validation part; none where it has no such part."""
    found = cohort.splits.get(split)
    return found.catalog(VALIDATION) if VALIDATION in found.parts else cohort.catalog().clear()


def rows_of(catalog: pl.DataFrame) -> Rows:
    """Say what samplers may know of the frames of these catalog rows."""
    columns = (catalog[name].to_list() for name in ("exam", "clip", "index_in_clip", "time_s"))
    return Rows(*columns)


def load_canvas(cohort: Cohort, frame_ids: list[str], image_size: int) -> FrameSource:
    """Load frames at the size that views of ``image_size`` pixels are cut from."""
    return load_frames(cohort.frames.read, frame_ids, canvas_size(image_size))


def weights_of(cohort: Cohort, init: str) -> str | Path:
    """Turn ``random``, ``timm:NAME``, a run's name or a file into what a backbone can be filled from."""
    if init == RANDOM or init.startswith(TIMM):
        return init
    if init in cohort.runs.names():
        path = cohort.runs.get(init).model_path
        if not path.exists():
            raise SonosiftError(f"run {init!r} holds no weights yet", "Let it finish first: give its command again.")
        return path
    if Path(init).is_file():
        return Path(init)
    runs = ", ".join(cohort.runs.names()) or "none yet"
    raise SonosiftError(
        f"init {init!r} is neither a run nor a file", f"Use {RANDOM}, {TIMM}NAME, a file, or one of the runs: {runs}."
    )


def settings_of(cohort: Cohort, init: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return some settings of the run whose weights are taken; nothing when ``init`` is no run."""
    if init not in cohort.runs.names():
        return {}
    settings = cohort.runs.get(init).config.get("settings", {})
    return {name: settings[name] for name in names if name in settings}
