"""While a network learns without labels: do images with the same labels come together?"""

from __future__ import annotations

import numpy as np
import polars as pl

from sonosift.batches.draws import numpy_draws
from sonosift.batches.frame_source import FrameSource
from sonosift.batches.frame_tensor import FrameTensor
from sonosift.cohort.cohort import Cohort
from sonosift.methods.method import Method
from sonosift.neighbours.patient_knn import knn_average_precision
from sonosift.training.fit_plan import Watch
from sonosift.training.precision import Precision
from sonosift.training.predict import embed

_MOST_FRAMES = 300
_FEWEST_PATIENTS = 3


def knn_watch(
    cohort: Cohort, rows: pl.DataFrame, frames: FrameSource, image_size: int, precision: Precision
) -> Watch | None:
    """Return the function that looks, or None when too few frames are labelled. The labels are never learnt from.

    Args:
        cohort: the cohort.
        rows: catalog rows of the training, in the order of ``frames``.
        frames: its frames.
        image_size: pixels of a view.
        precision: to compute features with.
    """
    labels = cohort.annotations.label_matrix(rows["frame_id"].to_list(), clips=rows["clip"].to_list())
    known = np.flatnonzero(labels.known)
    chosen = np.sort(numpy_draws(0, "knn watch").permutation(known)[:_MOST_FRAMES]).astype(np.int64)
    patients = rows["patient"].gather(chosen).to_list()
    if len(set(patients)) < _FEWEST_PATIENTS:
        return None
    seen, matrix = FrameTensor(frames.gather(chosen)), labels.matrix[chosen]
    # A score that knows nothing reaches the share of each label, weighted as the score is.
    share = matrix.mean(axis=0)
    chance = float((share**2).sum() / max(share.sum(), 1e-12))

    def look(method: Method) -> dict[str, float]:
        found = knn_average_precision(embed(method, seen, precision).numpy(), matrix, patients)
        return {"knn_average_precision": found, "knn_above_chance": found - chance}

    return Watch(look, pixels=len(chosen) * image_size**2)
