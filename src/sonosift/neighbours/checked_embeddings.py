"""Embeddings as searches and clusterings need them: a finite float32 matrix, or an error that says what is wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.errors import SonosiftError


def checked_embeddings(embeddings: NDArray[np.floating], what: str = "embedding") -> NDArray[np.float32]:
    """Return ``[n, d]`` as float32, or say which rows are no numbers.

    >>> checked_embeddings(np.array([[1.0], [np.nan]]))
    Traceback (most recent call last):
    sonosift.errors.SonosiftError: 1 of 2 frames has an embedding that is not finite, the first in row 1
    The network that made it has diverged: train it again with a lower learning rate, or with --precision 32.
    """
    rows = np.asarray(embeddings, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ValueError(f"{what} must be a matrix [n, d], received {rows.shape}")
    if len(rows) == 0:
        raise SonosiftError("there is no frame to group", "Ingest an archive first, or choose another part.")
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        raise SonosiftError(
            f"{len(wrong)} of {len(rows)} frames {'has' if len(wrong) == 1 else 'have'} an {what} that is not finite, "
            f"the first in row {wrong[0]}",
            "The network that made it has diverged: train it again with a lower learning rate, or with --precision 32.",
        )
    return rows


def unit_rows(embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale every row to length 1; rows of zeros stay.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).round(3).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    rows = np.asarray(embeddings, dtype=np.float32)
    scaled: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled
