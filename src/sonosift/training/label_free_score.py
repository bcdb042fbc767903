"""Which step of a clustering is the best, told without a label (FUSC's published code)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sonosift.batches.frame_source import FrameSource
from sonosift.losses.neighbour_consistency import neighbour_consistency
from sonosift.methods.method import Method
from sonosift.training.fit_plan import Score, Validate
from sonosift.training.precision import Precision
from sonosift.training.predict import predict


def label_free_score(logits: NDArray[np.float32], table: NDArray[np.int64]) -> Score:
    """Return ``entropy - consistency`` over all pairs of the table, without the weight lambda; higher is better.

    Args:
        logits: ``[n, K]`` of the plain images.
        table: ``[n, m + 1]``; column 0 is the image itself and is left out (with one image, it is its own neighbour).
    """
    neighbours = table[:, 1:] if table.shape[1] > 1 else table
    rows = torch.from_numpy(np.asarray(logits))
    anchors = rows.repeat_interleave(neighbours.shape[1], dim=0)
    found = neighbour_consistency(anchors, rows[torch.from_numpy(neighbours.reshape(-1))], entropy_weight=1.0)
    consistency, entropy = float(found.consistency), float(found.entropy)
    return Score(entropy - consistency, {"consistency": consistency, "entropy": entropy})


def judged_without_labels(frames: FrameSource, table: NDArray[np.int64], precision: Precision) -> Validate:
    """Return the function that scores a method on frames and their neighbours among each other."""

    def validate(method: Method) -> Score:
        return label_free_score(predict(method, frames, precision).logits, table)

    return validate
