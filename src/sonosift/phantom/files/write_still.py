"""Export one picture as PNG."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt


def png_bytes(picture: npt.NDArray[np.uint8]) -> bytes:
    """Return the PNG file of ``[H, W]`` or ``[H, W, 3]``, without text chunks or dates."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
