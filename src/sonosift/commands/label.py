"""``sonosift label``: take labels from a table and keep them with who gave them and when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    import polars as pl

    from sonosift.cohort.cohort import Cohort
    from sonosift.labels.space import LabelRows, LabelSpace


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


SOURCES = ("csv", "expert", "adjudication", "truth", "weak")
WEAK = "weak"
_NOBODY = "expert"


def label(cohort: str | Path, labels: str | Path, *, author: str = _NOBODY, source: str = "csv") -> LabelSummary:
    """Label frames from a CSV table.

    The table names frames by a column ``frame_id``, or by ``file`` (path in the archive) and, for clips,
    ``index_in_clip``; a file without an index labels all its frames. It has one column per name of the label space,
    0 or 1. The exclusive name (``other``) may be left out: it is 1 where all others are 0.

    Args:
        cohort: Folder of the cohort.
        labels: The CSV table.
        author: Who gave the labels; of weak labels, the program or rule that they come from.
        source: csv, expert, adjudication or truth: what people say, which judges networks and outranks machines.
            Or weak, what a machine derived, which only trains them (`sonosift train --labels-from weak=0.3`).

    Returns:
        How many frames were labelled.
    """
    from sonosift.cohort.annotations import Annotation
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError, unknown_name

    if source not in SOURCES:
        raise unknown_name("source of a table", source, SOURCES)
    if source == WEAK and author == _NOBODY:
        raise SonosiftError(
            "weak labels need the name of what gave them", "For instance: --source weak --author organ-rules"
        )
    opened = Cohort.open(cohort)
    space = opened.settings.label_space
    table = _read_table(Path(labels), space.names, space.exclusive)
    rows = _frames_of(opened, table)
    if table.is_empty():
        raise SonosiftError(f"{labels} holds no label: it has no row", "Nothing was changed.")
    if rows.is_empty():
        raise SonosiftError(
            f"none of the {len(table)} rows of {labels} is about a frame of this cohort",
            "Frame ids and files are those of another cohort or archive; nothing was changed.",
        )
    matrix = rows.select(space.names).to_numpy()
    _check_rows(labels, space, matrix, rows["row"].to_list())
    before = _labels_by(opened, author, source)
    named = [
        (row["frame_id"], space.decode(bits)) for row, bits in zip(rows.iter_rows(named=True), matrix, strict=True)
    ]
    known: Any = source
    new = [(frame_id, names) for frame_id, names in named if before.get(frame_id) != tuple(sorted(names))]
    opened.annotations.add_many(
        Annotation(target_kind="frame", target_id=frame_id, names=names, author=author, source=known)
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


def _check_rows(path: str | Path, space: LabelSpace, matrix: LabelRows, numbers: list[int]) -> None:
    """Refuse a table with a row that contradicts itself, and say which."""
    import numpy as np

    from sonosift.errors import SonosiftError

    wrong = np.flatnonzero(~space.possible_rows(matrix))
    if len(wrong):
        names = ", ".join(space.decode(matrix[wrong[0]])) or "nothing"
        raise SonosiftError(
            f"{path} row {numbers[wrong[0]] + 1} cannot be: {names} ({len(wrong)} rows are like this)",
            f"{space.rule_in_words()} Nothing was changed.",
        )


def _frames_of(cohort: Cohort, table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with one row per frame of the cohort; the last row about a frame wins."""
    import polars as pl

    from sonosift.errors import SonosiftError

    if "frame_id" in table.columns:
        known = cohort.catalog().select("frame_id")
        found = table.join(known, on="frame_id", how="inner")
    else:
        sources = cohort.frames_by_source().rename({"path": "file"})
        keys = ["file", "index_in_clip"] if "index_in_clip" in table.columns else ["file"]
        typed = table.with_columns(pl.col(key).cast(sources.schema[key], strict=False) for key in keys)
        if typed[keys[-1]].null_count():
            wrong = typed.filter(pl.col(keys[-1]).is_null())["row"][0] + 1
            raise SonosiftError(f"row {wrong} of the table has no {keys[-1]}", "Number frames of a clip from 0.")
        found = typed.join(sources, on=keys, how="inner")
    return found.sort("row").unique("frame_id", keep="last", maintain_order=True)


def _labels_by(cohort: Cohort, author: str, source: str) -> dict[str, tuple[str, ...]]:
    import polars as pl

    history = cohort.annotations.history("frame").filter(pl.col("author") == author, pl.col("source") == source)
    return {frame_id: tuple(sorted(names)) for frame_id, names in history.select("target_id", "names").iter_rows()}


def _rows_without_frames(table: pl.DataFrame, found: pl.DataFrame) -> int:
    key = "frame_id" if "frame_id" in table.columns else "file"
    return int((~table[key].is_in(found[key].unique().to_list())).sum())
