"""Frames as points in the plane: t-SNE of an embedding, or its two strongest directions when it is small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.evaluate.cohort_frames import UNKNOWN_MACHINE, ReadFrames
from sonosift.report.content import Colouring, EmbeddingMap
from sonosift.report.thumbnails import atlas_uri

MOST_POINTS = 1500
_FEWEST_FOR_TSNE = 60
_DIRECTIONS = 50
_THUMBNAIL_SIDE = 64
_MOST_COLOURS = 24


def embedding_map(
    run: str,
    embeddings: NDArray[np.floating[Any]],
    rows: Sequence[int],
    frames: pl.DataFrame,
    colour_columns: dict[str, str],
    read: ReadFrames,
    *,
    seed: int = 0,
) -> EmbeddingMap:
    """Project the embeddings of ``frames`` (a sample of them, if they are many) and describe each point.

    Args:
        run: Whose embedding it is.
        embeddings: ``[n, d]``, may be memory-mapped: only the rows shown are read.
        rows: The row of ``embeddings`` for each row of ``frames``.
        frames: ``frame_id, patient`` and the columns to colour by.
        colour_columns: Title of each colouring and its column; values are written as text, null as a dash.
        read: Gives the pixels of frame ids.
        seed: Same seed, same sample and same map.
    """
    total = len(frames)
    chosen = np.sort(np.random.default_rng(seed).permutation(total)[:MOST_POINTS])
    shown = frames[chosen.tolist()]
    points, projection = project(np.asarray(embeddings[np.asarray(rows)[chosen]]), seed)
    pictures = read(shown["frame_id"].to_list())
    uri, columns = atlas_uri(pictures, min(_THUMBNAIL_SIDE, pictures.shape[1]))
    captions = [
        f"patient {patient[:8]} · {machine or UNKNOWN_MACHINE}"
        for patient, machine in shown.select("patient", "machine").iter_rows()
    ]
    return EmbeddingMap(
        run=run,
        projection=projection,
        xs=[round(float(x), 4) for x in points[:, 0]],
        ys=[round(float(y), 4) for y in points[:, 1]],
        captions=captions,
        colourings=[colouring(title, shown[column].to_list()) for title, column in colour_columns.items()],
        atlas_uri=uri,
        atlas_columns=columns,
        thumbnail_side=min(_THUMBNAIL_SIDE, pictures.shape[1]),
        shown=len(shown),
        total=total,
    )


def project(embeddings: NDArray[np.floating[Any]], seed: int) -> tuple[NDArray[np.float64], str]:
    """Return points in the unit square and how they were found."""
    values = np.asarray(embeddings, dtype=np.float64)
    centred = values - values.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    reduced = (left * strengths)[:, :_DIRECTIONS]
    if reduced.shape[1] < 2:
        reduced = np.pad(reduced, ((0, 0), (0, 2 - reduced.shape[1])))
    # Equal points have no neighbourhoods that t-SNE could keep.
    if len(values) < _FEWEST_FOR_TSNE or strengths[0] < 1e-9:
        return _unit_square(reduced[:, :2]), "principal components"
    from openTSNE import TSNE

    model = TSNE(perplexity=min(30, (len(values) - 1) / 3), metric="cosine", initialization="pca", random_state=seed)
    return _unit_square(np.asarray(model.fit(reduced), dtype=np.float64)), "t-SNE"


def colouring(name: str, values: Sequence[object]) -> Colouring:
    """Number the values, the commonest first; rare ones share the last place.

    >>> colouring("machine", ["a", "b", "a", None])
    Colouring(name='machine', legend=['a', 'b', '–'], values=[0, 1, 0, 2])
    """
    written = ["–" if value is None else str(value) for value in values]
    counts: dict[str, int] = {}
    for text in written:
        counts[text] = counts.get(text, 0) + 1
    legend = sorted(counts, key=lambda text: (text == "–", -counts[text], text))
    if len(legend) > _MOST_COLOURS:
        legend = [*legend[: _MOST_COLOURS - 1], "all others"]
    places = {text: place for place, text in enumerate(legend)}
    return Colouring(name, legend, [places.get(text, len(legend) - 1) for text in written])


def _unit_square(points: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = points.min(axis=0), points.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    return np.where(high > low, (points - low) / spread, 0.5)
