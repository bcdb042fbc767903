"""From RGB to the colour models of DICOM, by the equations of PS3.3 section C.7.6.3.1.2."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_RGB_TO_YBR = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])


def rgb_to_ybr_full(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Convert ``[..., 3]`` RGB to YBR_FULL (the JFIF equations, full range).

    >>> rgb_to_ybr_full(np.array([[255, 0, 0]], dtype=np.uint8)).tolist()
    [[76, 85, 255]]
    """
    ybr = rgb.astype(np.float32) @ _RGB_TO_YBR.T.astype(np.float32) + np.array([0, 128, 128], dtype=np.float32)
    return np.clip(np.rint(ybr), 0, 255).astype(np.uint8)


def subsample_422(ybr: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the bytes of YBR_FULL_422: two luminances, then the first column's Cb and Cr, per pair of columns.

    Args:
        ybr: ``[..., H, W, 3]`` with an even width.
    """
    if ybr.shape[-2] % 2:
        raise ValueError(f"YBR_FULL_422 needs an even width, got {ybr.shape[-2]}")
    first, second = ybr[..., ::2, :], ybr[..., 1::2, :]
    pairs = np.stack([first[..., 0], second[..., 0], first[..., 1], first[..., 2]], axis=-1)
    return np.ascontiguousarray(pairs)


def palette_words(levels: npt.NDArray[np.uint8], *, big_endian: bool = False) -> bytes:
    """Return one palette channel as 16-bit words, each level repeated in both bytes so that 255 becomes 65535.

    >>> palette_words(np.array([0, 255], dtype=np.uint8)).hex()
    '0000ffff'
    """
    words = levels.astype(np.uint16) * 257
    return words.astype(">u2" if big_endian else "<u2").tobytes()
