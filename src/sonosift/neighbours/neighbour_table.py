"""Each frame's nearest neighbours, by exact search: the table that FUSC and TEMI learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.neighbours.checked_embeddings import checked_embeddings, unit_rows

_ROWS_AT_A_TIME = 4096


def neighbour_table(embeddings: NDArray[np.floating], neighbours: int = 20) -> NDArray[np.int64]:
    """Return ``[n, neighbours + 1]``: column 0 is the row itself, then its neighbours, the nearest first.

    Near means a large inner product of rows scaled to length 1. With fewer than ``neighbours + 1`` rows the table is
    as narrow as there are rows. Of equally near rows any may come first, but never the row itself a second time.

    Args:
        embeddings: ``[n, d]``, finite.
        neighbours: how many besides the row itself.
    """
    found, _ = nearest_rows(embeddings, embeddings, neighbours + 1)
    own = np.arange(len(found))
    table = np.empty_like(found)
    table[:, 0] = own
    others = found != own[:, None]
    # Where identical rows have crowded a row out of its own list, the last of them goes instead.
    others[others.all(axis=1), -1] = False
    table[:, 1:] = found[others].reshape(len(found), found.shape[1] - 1)
    return table


def nearest_rows(
    queries: NDArray[np.floating], reference: NDArray[np.floating], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return for each query the ``count`` nearest rows of the reference and their cosine, the nearest first.

    A block of queries at a time, so that memory grows with the reference and not with its square.

    Args:
        queries: ``[m, d]``, finite.
        reference: ``[n, d]``, finite.
        count: at most n are returned.
    """
    import faiss

    rows = unit_rows(checked_embeddings(reference))
    asked = rows if queries is reference else unit_rows(checked_embeddings(queries))
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    count = min(count, len(rows))
    places = np.empty((len(asked), count), dtype=np.int64)
    cosines = np.empty((len(asked), count), dtype=np.float32)
    for start in range(0, len(asked), _ROWS_AT_A_TIME):
        block = slice(start, start + _ROWS_AT_A_TIME)
        cosines[block], places[block] = index.search(asked[block], count)
    return places, cosines
