"""``sonosift name``: take an expert's names of groups, and hand them on to the frames of those groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    import polars as pl

    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.run_folder import RunFolder

COLUMNS = ("group", "frames", "patients", "largest_patient_share", "names")
SEPARATOR = "+"


class NameSummary(Summary):
    """What was named.

    Attributes:
        run: The run that holds the groups.
        named_groups: Groups with a name.
        labelled_frames: Training frames that carry the name of their group now.
        left_out: Groups without a name.
        table: The table that was read, or written to be filled in.
    """

    run: str
    named_groups: int
    labelled_frames: int
    left_out: list[int]
    table: str


def name(
    cohort: str | Path, run: str, table: Path, *, author: str = "expert", least_confidence: float = 0.0
) -> NameSummary:
    """Name the groups of a run from a CSV table; where there is no such file yet, it is written to be filled in.

    The column names holds labels of the cohort's label space with + between them (liver+kidney); a group without
    names is left out. The names are kept as an expert's word about the groups, and as weak labels of the frames that
    the groups were formed from: whatever a person says of a single frame outranks them, and no evaluation uses them.

    Args:
        cohort: Folder of the cohort.
        run: Run that holds the groups.
        table: The CSV file.
        author: Who named the groups.
        least_confidence: Frames that their group is less sure of get no label.

    Returns:
        How many groups and frames were named.
    """
    import polars as pl

    from sonosift.clusters.group_tables import GROUPS_FILE
    from sonosift.cohort.annotations import Annotation
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError

    opened = Cohort.open(cohort)
    folder = opened.runs.get(run)
    if not (folder.path / GROUPS_FILE).exists():
        raise SonosiftError(f"run {run!r} holds no groups", "Name a run of `sonosift cluster`.")
    groups = pl.read_parquet(folder.path / GROUPS_FILE)
    if not Path(table).exists():
        return _write_template(opened, folder, groups, Path(table))
    named = _read_names(opened, Path(table), set(groups["group"].to_list()))
    learnt = _learnt(opened, folder)
    chosen = groups.filter(
        pl.col("frame_id").is_in(learnt)
        & (pl.col("confidence") >= least_confidence)
        & pl.col("group").is_in(list(named))
    )
    about_groups = [
        Annotation(target_kind="group", target_id=f"{run}/{group}", names=names, author=author, source="expert")
        for group, names in named.items()
    ]
    about_frames = [
        Annotation(target_kind="frame", target_id=frame, names=named[group], author=author, source="group")
        for frame, group in chosen.select("frame_id", "group").iter_rows()
    ]
    opened.annotations.add_many([*about_groups, *about_frames])
    return NameSummary(
        run=run,
        named_groups=len(named),
        labelled_frames=len(about_frames),
        left_out=sorted(set(groups["group"].to_list()) - named.keys()),
        table=str(table),
    )


def _write_template(cohort: Cohort, folder: RunFolder, groups: pl.DataFrame, path: Path) -> NameSummary:
    import polars as pl

    from sonosift.machine import atomic

    rows = groups.join(cohort.catalog().select("frame_id", "patient"), on="frame_id", how="inner")
    of_patients = rows.group_by("group", "patient").len().group_by("group").agg(pl.col("len").max().alias("most"))
    counted = rows.group_by("group").agg(pl.len().alias("frames"), pl.col("patient").n_unique().alias("patients"))
    table = (
        counted.join(of_patients, on="group")
        .with_columns((pl.col("most") / pl.col("frames")).round(3).alias("largest_patient_share"), names=pl.lit(""))
        .sort("frames", "group", descending=[True, False])
        .select(COLUMNS)
    )
    atomic.write_text(path, table.write_csv())
    return NameSummary(
        run=folder.name,
        named_groups=0,
        labelled_frames=0,
        left_out=sorted(table["group"].to_list()),
        table=str(path),
    )


def _read_names(cohort: Cohort, path: Path, known: set[int]) -> dict[int, tuple[str, ...]]:
    import polars as pl

    from sonosift.errors import SonosiftError

    try:
        table = pl.read_csv(path, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise SonosiftError(f"{path} cannot be read as CSV", "Save it as comma-separated text in UTF-8.") from error
    if not {"group", "names"} <= set(table.columns):
        raise SonosiftError(f"{path} lacks the columns group and names", "Give a new path to have one written.")
    space = cohort.settings.label_space
    named: dict[int, tuple[str, ...]] = {}
    for group, names in table.select("group", "names").iter_rows():
        if not names or not names.strip():
            continue
        if not str(group).lstrip("-").isdigit() or int(group) not in known:
            raise SonosiftError(f"{path} names group {group}, which the run does not have", "Look at the report.")
        labels = tuple(part.strip() for part in names.split(SEPARATOR))
        space.encode(labels)
        named[int(group)] = labels
    if not named:
        raise SonosiftError(f"{path} names no group", f"Fill in the column names: {', '.join(space.names)}.")
    return named


def _learnt(cohort: Cohort, folder: RunFolder) -> list[str]:
    """Return the frames that shaped the groups: names of others would leak into what judges them."""
    from sonosift.clusters.cohort_features import sides_of

    # A merged run says nothing of its part; the run that it was made of does.
    while "part" not in folder.config and folder.config.get("from_run") in cohort.runs.names():
        folder = cohort.runs.get(folder.config["from_run"])
    learnt = sides_of(cohort, folder).learnt
    return [frame_id for frame_id, there in zip(cohort.frames.frame_ids, learnt, strict=True) if there]
