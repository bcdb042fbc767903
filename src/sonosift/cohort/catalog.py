"""The catalog: one row per frame, kept in parquet parts of which each belongs to one shard of frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sonosift.errors import SonosiftError
from sonosift.machine import atomic

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = "catalog"
NEAR_DUPLICATES = "near_duplicates.parquet"
TOMBSTONES = "tombstones.parquet"

# What ingest says about a frame. Columns that may be null are in NULLABLE, all others must be given.
WRITTEN_COLUMNS: dict[str, pl.DataType] = {
    "frame_id": pl.String(),
    "clip": pl.String(),
    "exam": pl.String(),
    "patient": pl.String(),
    "index_in_clip": pl.Int32(),
    "time_s": pl.Float32(),
    "transducer": pl.String(),
    "study_groups": pl.List(pl.String()),
    "machine": pl.String(),
    "burnt_in_label": pl.String(),
    "burnt_in_view": pl.String(),
    "exam_day": pl.Int32(),
    "source_height": pl.Int32(),
    "source_width": pl.Int32(),
    "crop_x": pl.Int32(),
    "crop_y": pl.Int32(),
    "crop_w": pl.Int32(),
    "crop_h": pl.Int32(),
    "scale": pl.Float64(),
    "pad_x": pl.Int32(),
    "pad_y": pl.Int32(),
    "mm_per_pixel": pl.Float64(),
    "fan_confidence": pl.Float32(),
    "fan_outline": pl.List(pl.Int32()),
    "altered_share": pl.Float32(),
    "is_doppler": pl.Boolean(),
    "is_dual": pl.Boolean(),
    "mean_brightness": pl.Float32(),
    "needs_review": pl.Boolean(),
}
NULLABLE = frozenset(
    {
        "transducer",
        "machine",
        "burnt_in_label",
        "burnt_in_view",
        "exam_day",
        "mm_per_pixel",
        "fan_confidence",
        "time_s",
    }
)
DEFAULTS: dict[str, object] = {
    "study_groups": [],
    "fan_outline": [],
    "altered_share": 0.0,
    "is_doppler": False,
    "is_dual": False,
    "needs_review": False,
}

PART_SCHEMA = pl.Schema({"frame_id": pl.String(), "shard": pl.Int32(), "row": pl.Int32()} | WRITTEN_COLUMNS)
CATALOG_SCHEMA = pl.Schema(PART_SCHEMA | {"near_duplicate_group": pl.Int64()})
TOMBSTONE_SCHEMA = pl.Schema({"shard": pl.Int32(), "row": pl.Int32(), "reason": pl.String()})


def part_path(cohort_path: Path, shard: int) -> Path:
    """Return the file of a part.

    >>> part_path(Path("c"), 7).as_posix()
    'c/catalog/00007.parquet'
    """
    return cohort_path / FOLDER / f"{shard:05d}.parquet"


def part_paths(cohort_path: Path) -> list[Path]:
    """Return the committed parts in order, and complain if one in the middle has gone."""
    paths = sorted((cohort_path / FOLDER).glob("[0-9]*.parquet"), key=lambda path: int(path.stem))
    for expected, path in enumerate(paths):
        if int(path.stem) != expected:
            raise SonosiftError(
                f"the catalog has no part {expected:05d}, but a part {path.stem}",
                "A file was removed from the cohort: restore it from a copy, or ingest into a new folder.",
            )
    return paths


def read_catalog(cohort_path: Path) -> pl.DataFrame:
    """Read all committed rows, without the tombstoned ones, in the order in which they were written."""
    paths = part_paths(cohort_path)
    rows = pl.concat([_read_part(path) for path in paths]) if paths else pl.DataFrame(schema=PART_SCHEMA)
    tombstones = read_tombstones(cohort_path)
    if len(tombstones):
        rows = rows.join(tombstones, on=["shard", "row"], how="anti", maintain_order="left")
    groups_path = cohort_path / NEAR_DUPLICATES
    if groups_path.exists():
        groups = pl.read_parquet(groups_path, columns=["frame_id", "near_duplicate_group"])
        return rows.join(groups, on="frame_id", how="left", maintain_order="left")
    return rows.with_columns(pl.lit(None, dtype=pl.Int64).alias("near_duplicate_group"))


def catalog_version(cohort_path: Path) -> tuple[object, ...]:
    """Return a value that changes whenever ``read_catalog`` would answer something new."""
    paths = [*part_paths(cohort_path), cohort_path / TOMBSTONES, cohort_path / NEAR_DUPLICATES]
    existing = [(path.name, path.stat()) for path in paths if path.exists()]
    return tuple((name, found.st_mtime_ns, found.st_ino) for name, found in existing)


def part_frame(rows: Sequence[dict[str, object]] | pl.DataFrame) -> pl.DataFrame:
    """Check what ingest says about its frames and bring it into the schema of a part (without shard and row)."""
    given = rows.columns if isinstance(rows, pl.DataFrame) else list(dict.fromkeys(key for row in rows for key in row))
    unknown = [name for name in given if name not in WRITTEN_COLUMNS]
    if unknown:
        raise SonosiftError(
            f"the catalog has no column {', '.join(unknown)}", f"Its columns are: {', '.join(WRITTEN_COLUMNS)}."
        )
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows), schema_overrides=_types_of(given))
    missing = [name for name in WRITTEN_COLUMNS if name not in given and name not in NULLABLE and name not in DEFAULTS]
    if missing and len(frame):
        raise SonosiftError(f"catalog rows lack {', '.join(missing)}", "These columns are never empty.")
    absent = [
        pl.lit(DEFAULTS.get(name), dtype=dtype).alias(name)
        for name, dtype in WRITTEN_COLUMNS.items()
        if name not in given
    ]
    filled = frame.with_columns(absent).with_columns(pl.col(name).fill_null(value) for name, value in DEFAULTS.items())
    checked = filled.select(pl.col(name).cast(dtype) for name, dtype in WRITTEN_COLUMNS.items())
    empty = [name for name in WRITTEN_COLUMNS if name not in NULLABLE and checked[name].null_count()]
    if empty:
        raise SonosiftError(f"catalog rows have no value for {', '.join(empty)}", "These columns are never empty.")
    return checked


def write_part(cohort_path: Path, shard: int, rows: pl.DataFrame) -> None:
    """Write one part; its renaming into place is the commit. The same rows always give the same bytes."""
    placed = rows.with_columns(
        pl.lit(shard, dtype=pl.Int32).alias("shard"), pl.int_range(len(rows), dtype=pl.Int32).alias("row")
    ).select(PART_SCHEMA.names())
    with atomic.replacing(part_path(cohort_path, shard)) as temporary:
        placed.write_parquet(temporary, compression="zstd", compression_level=3, statistics=True)


def read_tombstones(cohort_path: Path) -> pl.DataFrame:
    """Read which rows no longer count (a redrawn mask, a patient who asked to be forgotten), and why."""
    path = cohort_path / TOMBSTONES
    return pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=TOMBSTONE_SCHEMA)


def bury(cohort_path: Path, frame_ids: Sequence[str], reason: str) -> int:
    """Tombstone the present rows of ``frame_ids``; a later row with the same id then takes their place."""
    rows = read_catalog(cohort_path).filter(pl.col("frame_id").is_in(list(frame_ids)))
    buried = rows.select("shard", "row", pl.lit(reason).alias("reason"))
    with atomic.replacing(cohort_path / TOMBSTONES) as temporary:
        pl.concat([read_tombstones(cohort_path), buried]).write_parquet(temporary, compression="zstd")
    return len(rows)


def _read_part(path: Path) -> pl.DataFrame:
    """Read one part; a column that Sonosift did not have when the part was written gets its default."""
    part = pl.read_parquet(path)
    absent = {name: dtype for name, dtype in PART_SCHEMA.items() if name not in part.columns}
    return part.with_columns(
        pl.lit(DEFAULTS.get(name), dtype=dtype).alias(name) for name, dtype in absent.items()
    ).select(PART_SCHEMA.names())


def _types_of(names: Sequence[str]) -> dict[str, pl.DataType]:
    return {name: WRITTEN_COLUMNS[name] for name in names}
