"""Colour palettes of DICOM files as one table of RGB bytes, in either byte order, plain or segmented."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut

_CHANNELS = ("Red", "Green", "Blue")


def palette_table(dataset: Dataset) -> tuple[int, NDArray[np.uint8]]:
    """Return the first mapped pixel value and the table [entries, 3] of bytes."""
    descriptor = dataset.RedPaletteColorLookupTableDescriptor
    entries = int(descriptor[0]) or 2**16
    first, depth = int(descriptor[1]), int(descriptor[2])
    if "RedPaletteColorLookupTableData" in dataset:
        order = "<" if dataset.file_meta.TransferSyntaxUID.is_little_endian else ">"
        columns = [_column(dataset, channel, entries, order) for channel in _CHANNELS]
        table = np.stack(columns, axis=1)
    else:
        values = np.arange(first, first + entries, dtype=np.int32)
        table = apply_color_lut(values, dataset)[:, :3]
    # Some machines announce 16 bits and fill 8: then the values are bytes already.
    if table.dtype.itemsize > 1 and (depth > 8 and table.max() > 255):
        table = table >> 8
    return first, np.ascontiguousarray(table.astype(np.uint8))


def through_palette(pixels: NDArray[Any], first: int, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Map pixel values to RGB; values outside the table take its nearest end."""
    if pixels.dtype == np.uint8:
        table = table[np.clip(np.arange(256) - first, 0, len(table) - 1)]
        return np.take(table, pixels, axis=0)
    return np.take(table, np.clip(pixels.astype(np.int32) - first, 0, len(table) - 1), axis=0)


def _column(dataset: Dataset, channel: str, entries: int, order: str) -> NDArray[Any]:
    data: bytes = dataset[f"{channel}PaletteColorLookupTableData"].value
    width = 2 if len(data) >= 2 * entries else 1
    column = np.frombuffer(data, dtype=f"{order}u{width}", count=entries)
    return column.astype(np.uint16 if width == 2 else np.uint8)
