"""What the picture would look like if nothing had been drawn over it: grey, in the fan, in source pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from sonosift.phantom.files.truth import write_arrays

Pixels = npt.NDArray[np.uint8]


def write_clean(path: Path, bare: Pixels, palette: Pixels | None) -> None:
    """Write ``frames`` ``[n, H, W]``: the pictures under the drawing, in grey.

    Args:
        path: The ``.npz`` file.
        bare: ``[n, H, W]`` or ``[n, H, W, 3]``.
        palette: ``[256, 3]`` the colours of grey levels, for files that are stored with a palette.
    """
    write_arrays(path, {"frames": np.stack([in_grey(picture, palette) for picture in bare])})


def in_grey(picture: Pixels, palette: Pixels | None = None) -> Pixels:
    """Return the luminance of a picture; where all channels agree it is their value.

    >>> in_grey(np.full((1, 1, 3), 77, np.uint8)).tolist()
    [[77]]
    """
    if palette is not None:
        picture = palette[picture]
    if picture.ndim == 2:
        return picture
    grey = np.rint(picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    same = (picture[..., 0] == picture[..., 1]) & (picture[..., 1] == picture[..., 2])
    return np.where(same, picture[..., 0], grey).astype(np.uint8)
