"""Frames as small pictures inside the page: data URIs, so that nothing has to be fetched."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_QUALITY = 72


def picture_uri(frame: NDArray[np.uint8], side: int) -> str:
    """Return a square grey frame as a JPEG data URI of ``side`` pixels."""
    return _jpeg_uri(_shrunk(frame, side))


def whole_picture_uri(picture: NDArray[np.uint8], height: int) -> str:
    """Return a grey picture of any shape as a JPEG data URI, ``height`` pixels high."""
    rows, columns = picture.shape
    size = max(1, round(columns * height / rows)), height
    return _jpeg_uri(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


def atlas_uri(frames: NDArray[np.uint8], side: int) -> tuple[str, int]:
    """Lay all frames out in one JPEG, row by row; return its data URI and the number of columns."""
    columns = max(1, math.ceil(math.sqrt(len(frames))))
    rows = max(1, math.ceil(len(frames) / columns))
    sheet = Image.new("L", (columns * side, rows * side))
    for index, frame in enumerate(frames):
        sheet.paste(_shrunk(frame, side), ((index % columns) * side, (index // columns) * side))
    return _jpeg_uri(sheet), columns


def _shrunk(frame: NDArray[np.uint8], side: int) -> Image.Image:
    return Image.fromarray(frame).resize((side, side), Image.Resampling.BOX if side < len(frame) else None)


def _jpeg_uri(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
