"""``sonosift label``: take labels from a table and keep them with who gave them and when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    import polars as pl

    from sonosift.cohort.cohort import Cohort


class LabelSummary(Summary):
    """What was taken over.

    Attributes:
        labelled: Frames that were labelled by this call.
        unchanged: Frames whose label by this author was the same already.
        unknown: Rows about frames or files that the cohort does not hold.
        per_label: How many of the table's frames carry each label.
    """

    labelled: int
    unchanged: int
    unknown: int
    per_label: dict[str, int]


def label(cohort: str | Path, labels: str | Path, *, author: str = "expert") -> LabelSummary:
    """Label frames from a CSV table.

    The table names frames by a column ``frame_id``, or by ``file`` (path in the archive) and, for clips,
    ``index_in_clip``; a file without an index labels all its frames. It has one column per name of the label space,
    0 or 1. The exclusive name (``other``) may be left out: it is 1 where all others are 0.

    Args:
        cohort: Folder of the cohort.
        labels: The CSV table.
        author: Who gave the labels.

    Returns:
        How many frames were labelled.
    """
    from sonosift.cohort.annotations import Annotation
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError

    opened = Cohort.open(cohort)
    space = opened.settings.label_space
    table = _read_table(Path(labels), space.names, space.exclusive)
    rows = _frames_of(opened, table)
    if len(table) and rows.is_empty():
        raise SonosiftError(
            f"none of the {len(table)} rows of {labels} is about a frame of this cohort",
            "Frame ids and files are those of another cohort or archive; nothing was changed.",
        )
    matrix = rows.select(space.names).to_numpy()
    space.validate_rows(matrix)
    before = _labels_by(opened, author)
    named = [
        (row["frame_id"], space.decode(bits)) for row, bits in zip(rows.iter_rows(named=True), matrix, strict=True)
    ]
    new = [(frame_id, names) for frame_id, names in named if before.get(frame_id) != tuple(sorted(names))]
    opened.annotations.add_many(
        Annotation(target_kind="frame", target_id=frame_id, names=names, author=author, source="csv")
        for frame_id, names in new
    )
    return LabelSummary(
        labelled=len(new),
        unchanged=len(named) - len(new),
        unknown=_rows_without_frames(table, rows),
        per_label=dict(zip(space.names, matrix.sum(axis=0).tolist(), strict=True)),
    )


def _read_table(path: Path, names: tuple[str, ...], exclusive: str | None) -> pl.DataFrame:
    import polars as pl

    from sonosift.errors import SonosiftError

    if not path.is_file():
        raise SonosiftError(f"there is no table of labels at {path}", "Give a CSV file.")
    try:
        table = pl.read_csv(path, infer_schema=False)  # ids may look like numbers
    except pl.exceptions.PolarsError as error:
        raise SonosiftError(f"{path} cannot be read as CSV", "Save it as comma-separated text in UTF-8.") from error
    table = table.with_row_index("row")
    if "frame_id" not in table.columns and "file" not in table.columns:
        raise SonosiftError(
            f"{path} has the columns {', '.join(table.columns[1:])}", "It needs a column frame_id or a column file."
        )
    asked = [name for name in names if name != exclusive]
    missing = [name for name in asked if name not in table.columns]
    if missing:
        raise SonosiftError(
            f"{path} has no column {', '.join(missing)}",
            f"One column per label is needed: {', '.join(asked)} (and, if you like, {exclusive}).",
        )
    table = table.with_columns(pl.col(name).cast(pl.Int64, strict=False) for name in names if name in table.columns)
    if exclusive and exclusive not in table.columns:
        table = table.with_columns((pl.sum_horizontal(asked) == 0).cast(pl.Int64).alias(exclusive))
    wrong = table.filter(~pl.all_horizontal(pl.col(name).is_in([0, 1]).fill_null(value=False) for name in names))
    if len(wrong):
        raise SonosiftError(
            f"{path} row {wrong['row'][0] + 1}: a label is neither 0 nor 1", f"{len(wrong)} rows are like this."
        )
    return table


def _frames_of(cohort: Cohort, table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with one row per frame of the cohort; the last row about a frame wins."""
    import polars as pl

    if "frame_id" in table.columns:
        known = cohort.catalog().select("frame_id")
        found = table.join(known, on="frame_id", how="inner")
    else:
        sources = cohort.frames_by_source().rename({"path": "file"})
        keys = ["file", "index_in_clip"] if "index_in_clip" in table.columns else ["file"]
        typed = table.with_columns(pl.col(key).cast(sources.schema[key]) for key in keys)
        found = typed.join(sources, on=keys, how="inner")
    return found.sort("row").unique("frame_id", keep="last", maintain_order=True)


def _labels_by(cohort: Cohort, author: str) -> dict[str, tuple[str, ...]]:
    import polars as pl

    history = cohort.annotations.history("frame").filter(pl.col("author") == author)
    return {frame_id: tuple(sorted(names)) for frame_id, names in history.select("target_id", "names").iter_rows()}


def _rows_without_frames(table: pl.DataFrame, found: pl.DataFrame) -> int:
    key = "frame_id" if "frame_id" in table.columns else "file"
    return int((~table[key].is_in(found[key].unique().to_list())).sum())
