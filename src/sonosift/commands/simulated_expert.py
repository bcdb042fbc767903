"""The expert of the demo: answers from the phantom's truth, as an annotator would, and into the same table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.errors import SonosiftError

if TYPE_CHECKING:
    import polars as pl

    from sonosift.cohort.cohort import Cohort

AUTHOR = "simulated expert"


def true_labels(cohort: Cohort, truth: Path) -> pl.DataFrame:
    """Return ``frame_id`` and the truth's columns for every frame of the cohort that the phantom knows.

    The link is the private table of sources: it alone knows from which file a frame came.
    """
    import polars as pl

    table = truth / "frames.parquet"
    if not table.exists():
        raise SonosiftError(f"there is no truth at {truth}", "Give the folder OUT/truth that `sonosift phantom` wrote.")
    place = ["member", "index_in_clip"]
    return cohort.frames_by_source().join(
        pl.read_parquet(table), left_on=["path", *place], right_on=["file", *place], how="inner"
    )


def annotate_from_truth(cohort: Cohort, truth: Path, frame_ids: Iterable[str]) -> int:
    """Let the simulated expert label these frames; those already labelled by it are left alone. Return how many."""
    import polars as pl

    from sonosift.cohort.annotations import Annotation

    names = cohort.settings.label_space.names
    already = cohort.annotations.history("frame")
    done = set(already.filter(pl.col("author") == AUTHOR)["target_id"])
    wanted = set(frame_ids) - done
    known = true_labels(cohort, truth).filter(pl.col("frame_id").is_in(list(wanted))).unique("frame_id", keep="first")
    return cohort.annotations.add_many(
        Annotation(
            target_kind="frame",
            target_id=row["frame_id"],
            names=tuple(name for name in names if row[name]),
            author=AUTHOR,
            source="truth",
        )
        for row in known.sort("frame_id").iter_rows(named=True)
    )
