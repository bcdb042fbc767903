"""The colour models that DICOM has retired, as machines of the 1990s wrote them: uncompressed, 8 bits a sample."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.archive.palette import through_palette

RETIRED = frozenset({"ARGB", "CMYK", "HSV", "YBR_PARTIAL_422"})
_SUBSAMPLED = "YBR_PARTIAL_422"
# Black to white is 16 to 235, and chroma reaches from 16 to 240, as in television.
_FROM_PARTIAL = np.array([[1.1644, 0.0, 1.5960], [1.1644, -0.3918, -0.8130], [1.1644, 2.0172, 0.0]])
_ZERO = np.array([16.0, 128.0, 128.0])

Bytes = NDArray[np.uint8]


def samples_of(frame: bytes, model: str, shape: tuple[int, int], *, by_plane: bool) -> Bytes:
    """Unpack one frame to ``[H, W, samples]``.

    Args:
        frame: As it lies in the file.
        model: One of ``RETIRED``.
        shape: Height and width; YBR_PARTIAL_422 needs an even width.
        by_plane: Whether one channel follows the other, instead of one pixel the other.
    """
    height, width = shape
    values = np.frombuffer(frame, dtype=np.uint8)
    if model == _SUBSAMPLED:
        pairs = values.reshape(height, width // 2, 4)
        chroma = np.repeat(pairs[..., 2:], 2, axis=1)
        return np.dstack([pairs[..., :2].reshape(height, width), chroma])
    return values.reshape(-1, height, width).transpose(1, 2, 0) if by_plane else values.reshape(height, width, -1)


def rgb_of(samples: Bytes, model: str, palette: tuple[int, Bytes] | None = None) -> Bytes:
    """Convert samples ``[H, W, samples]`` of a retired model to RGB.

    Args:
        samples: As ``samples_of`` gives them.
        model: One of ``RETIRED``.
        palette: First value and table, for ARGB: where alpha is not 0, it is the place of the colour in the table.
    """
    if model == "HSV":
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(samples), cv2.COLOR_HSV2RGB_FULL), dtype=np.uint8)
    if model == "CMYK":
        light = 255.0 - samples
        return np.asarray((light[..., :3] * light[..., 3:] / 255.0).round(), dtype=np.uint8)
    if model == _SUBSAMPLED:
        return np.asarray(((samples - _ZERO) @ _FROM_PARTIAL.T).round().clip(0, 255), dtype=np.uint8)
    alpha, rgb = samples[..., 0], samples[..., 1:]
    if palette is None:
        return np.ascontiguousarray(rgb)
    return np.where(alpha[..., None] > 0, through_palette(alpha, *palette), rgb)
