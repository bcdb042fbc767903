"""One picture of many frames side by side: the first look at a cohort."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import polars as pl

from sonosift.cohort.perceptual_hash import thumbnails

TILE = 128
COLUMNS = 10
_GAP = 2
_PAPER = 255


def chosen_frames(catalog: pl.DataFrame, count: int, seed: int = 0) -> list[str]:
    """Draw up to ``count`` frames: first one of every patient, then a second one, and so on."""
    drawn = [hashlib.sha256(f"{seed}/{frame_id}".encode()).hexdigest() for frame_id in catalog["frame_id"]]
    turn = pl.col("drawn").rank("ordinal").over("patient").alias("turn")
    rows = catalog.select("frame_id", "patient").with_columns(pl.Series("drawn", drawn, dtype=pl.String))
    return rows.with_columns(turn).sort("turn", "drawn")["frame_id"].head(count).to_list()


def contact_sheet(frames: npt.NDArray[np.uint8], *, columns: int = COLUMNS, tile: int = TILE) -> npt.NDArray[np.uint8]:
    """Lay frames ``[n, H, W]`` out row by row on white paper.

    >>> contact_sheet(np.zeros((5, 64, 64), dtype=np.uint8), columns=3, tile=10).shape
    (26, 38)
    """
    columns = max(1, min(columns, len(frames)))
    rows = max(1, -(-len(frames) // columns))
    step = tile + _GAP
    sheet = np.full((_GAP + rows * step, _GAP + columns * step), _PAPER, dtype=np.uint8)
    for number, picture in enumerate(thumbnails(frames, tile)):
        top, left = _GAP + number // columns * step, _GAP + number % columns * step
        sheet[top : top + tile, left : left + tile] = picture
    return sheet
