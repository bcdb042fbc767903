"""A 64-bit hash of what a picture looks like: pictures that look the same differ in few bits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

BITS = 64
_SIDE = 32
_FREQUENCIES = 8
# Grey levels: a frame flatter than this shows nothing to compare.
_FLAT = 2.0

Floats = npt.NDArray[np.float32]


def thumbnails(frames: npt.NDArray[np.uint8], side: int = _SIDE) -> npt.NDArray[np.uint8]:
    """Shrink frames ``[n, H, W]`` to ``[n, side, side]`` by averaging areas."""
    import cv2

    shrunk = [cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA) for frame in frames]
    return np.array(shrunk, dtype=np.uint8).reshape(len(frames), side, side)


def low_frequencies(frames: npt.NDArray[np.uint8]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the 64 lowest cosine-transform coefficients of each frame's thumbnail, and which frames show anything.

    The constant coefficient is replaced by the next one on the diagonal, and each frame is scaled to unit contrast, so
    that neither brightness nor gain counts.
    """
    small = thumbnails(frames).astype(np.float32)
    contrast = small.std(axis=(1, 2))
    scaled = (small - small.mean(axis=(1, 2), keepdims=True)) / np.maximum(contrast, _FLAT)[:, None, None]
    basis = _cosines()
    spectrum = basis @ scaled @ basis.T
    coefficients = spectrum[:, :_FREQUENCIES, :_FREQUENCIES].reshape(len(frames), BITS).copy()
    coefficients[:, 0] = spectrum[:, _FREQUENCIES, _FREQUENCIES]
    return coefficients, contrast > _FLAT


def hash_bits(coefficients: Floats) -> npt.NDArray[np.uint8]:
    """Turn coefficients ``[n, 64]`` into hashes ``uint8 [n, 8]``: one bit per coefficient, above its median or not.

    The medians are those of the given frames: what all frames share (the outline of the fan) then says nothing, and
    each bit splits them in halves.
    """
    if not len(coefficients):
        return np.empty((0, BITS // 8), dtype=np.uint8)
    return np.packbits(coefficients > np.median(coefficients, axis=0), axis=1)


def fine_structure(frames: npt.NDArray[np.uint8]) -> Floats:
    """Return one unit vector per frame: its thumbnail without what is broad (fan, shadows, gain).

    The inner product of two of them is the correlation of their fine structure, in which two acquisitions of the same
    organ differ and two copies of one frame do not.
    """
    import cv2

    small = thumbnails(frames).astype(np.float32)
    broad = [cv2.GaussianBlur(frame, (0, 0), 2.0, borderType=cv2.BORDER_REFLECT) for frame in small]
    fine = (small - np.array(broad, dtype=np.float32).reshape(small.shape)).reshape(len(frames), _SIDE**2)
    fine -= fine.mean(axis=1, keepdims=True)
    return np.asarray(fine / np.maximum(np.linalg.norm(fine, axis=1, keepdims=True), 1e-6), dtype=np.float32)


@lru_cache
def _cosines() -> Floats:
    # The orthonormal type-II cosine transform as a matrix, lowest frequencies only.
    frequency, place = np.meshgrid(np.arange(_FREQUENCIES + 1), np.arange(_SIDE), indexing="ij")
    matrix = np.cos(np.pi * (place + 0.5) * frequency / _SIDE) * np.sqrt(2.0 / _SIDE)
    matrix[0] /= np.sqrt(2.0)
    return np.asarray(matrix, dtype=np.float32)
