"""The truth tables of the simulated hospital, written so that equal content means equal bytes."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from sonosift.labels.abdomen import ABDOMEN
from sonosift.machine.atomic import write_bytes, write_text
from sonosift.phantom.paperwork.planted import IDENTITY_COLUMNS

FRAME_SCHEMA: dict[str, Any] = {
    "file": pl.String,
    "member": pl.String,
    "index_in_clip": pl.Int32,
    "patient": pl.String,
    "exam": pl.String,
    "clip": pl.String,
    "exam_date": pl.String,
    "scanner": pl.String,
    "view": pl.String,
    "super_group": pl.String,
    **dict.fromkeys(ABDOMEN.names, pl.UInt8),
    "lesion": pl.List(pl.String),
    "boxes": pl.String,
    "quality": pl.Int32,
    "burnt_text": pl.List(pl.String),
    "burnt_label": pl.String,
    "identity_text": pl.List(pl.String),
    "text_boxes": pl.String,
    "fan": pl.String,
    "mm_per_pixel": pl.Float64,
    "is_doppler": pl.Boolean,
    "is_dual": pl.Boolean,
    "is_duplicate_of": pl.String,
    "duplicate_of_member": pl.String,
    "duplicate_of_index": pl.Int32,
    "is_screenshot_of_report": pl.Boolean,
    "kind": pl.String,
    "time_s": pl.Float64,
    "height": pl.Int32,
    "width": pl.Int32,
}
FILE_SCHEMA: dict[str, Any] = {
    "file": pl.String,
    "member": pl.String,
    "state": pl.String,
    "reason": pl.String,
    "format": pl.String,
    "transfer_syntax": pl.String,
    "photometric": pl.String,
    "patient": pl.String,
    "exam": pl.String,
    "exam_date": pl.String,
    "scanner": pl.String,
    "frames": pl.Int32,
    "frame_rate_hz": pl.Float64,
    "study_description": pl.String,
    "description_state": pl.String,
    "transducer": pl.String,
}
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can state


def write_tables(
    truth: Path, frames: list[dict[str, Any]], files: list[dict[str, Any]], identities: set[tuple[str, str, str]]
) -> None:
    """Write frames.parquet, files.parquet and identities.csv, sorted by file."""
    truth.mkdir(parents=True, exist_ok=True)
    for name, rows, schema in (("frames", frames, FRAME_SCHEMA), ("files", files, FILE_SCHEMA)):
        order = ["file", "member", "index_in_clip"] if name == "frames" else ["file", "member"]
        table = pl.DataFrame(rows, schema=schema, orient="row").sort(order)
        buffer = io.BytesIO()
        # PyArrow, because its layout does not depend on how many threads work.
        table.write_parquet(buffer, use_pyarrow=True, compression="zstd")
        write_bytes(truth / f"{name}.parquet", buffer.getvalue())
    listed = pl.DataFrame(sorted(identities), schema=list(IDENTITY_COLUMNS), orient="row")
    write_text(truth / "identities.csv", listed.write_csv())


def write_summary(truth: Path, summary: dict[str, Any]) -> None:
    """Write hospital.json."""
    write_text(truth / "hospital.json", json.dumps(summary, indent=2, sort_keys=True) + "\n")


def pack_masks(masks: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Pack ``[n, H, W]`` masks into bits along the columns; ``unpack_masks`` undoes it."""
    return np.packbits(masks, axis=-1)


def unpack_masks(packed: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.bool_]:
    """Return ``[n, H, width]`` masks from ``pack_masks``.

    >>> masks = np.array([[[True, False, True]]])
    >>> bool((unpack_masks(pack_masks(masks), 3) == masks).all())
    True
    """
    return np.unpackbits(packed, axis=-1, count=width).astype(bool)


def write_arrays(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    """Write a compressed ``.npz`` that holds no time of writing (``np.savez`` gives no such promise)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(entry, content.getvalue(), compresslevel=1)
    path.write_bytes(buffer.getvalue())
