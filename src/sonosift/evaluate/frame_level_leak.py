"""What a split by frame would have reported: the mistake that published figures make, measured and named.

Frames of one clip are near copies. Dealt out at random, a test frame has its neighbours in the training part, and what
is measured is memory. The same probe on the same number of frames is judged both ways; nothing else differs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate.linear_probe import probe_scores
from sonosift.evaluate.score_table import Figure, Leak
from sonosift.metrics.f1 import class_scores
from sonosift.metrics.thresholds import decide, fit_thresholds, highest


def frame_level_leak(
    source: str,
    features: tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]], NDArray[np.floating[Any]]],
    truths: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]],
    seed: int,
    *,
    one_answer: bool = False,
) -> Leak:
    """Judge one linear probe with parts by patient, and with the same frames dealt out again at random.

    Args:
        source: What the features are of.
        features: Of the labelled frames of the training, validation and test part.
        truths: Their labels.
        seed: Of the dealing out.
        one_answer: Every frame has exactly one label.
    """
    sizes = np.cumsum([len(part) for part in truths])[:-1]
    order = np.random.default_rng(seed).permutation(sum(map(len, truths)))
    dealt_features = np.split(np.concatenate(features)[order], sizes)
    dealt_truths = np.split(np.concatenate(truths)[order], sizes)
    return Leak(
        about=f"linear probe on {source}",
        by_patient=_weighted_f1(list(features), list(truths), one_answer),
        by_frame=_weighted_f1(dealt_features, dealt_truths, one_answer),
    )


def _weighted_f1(
    features: list[NDArray[np.floating[Any]]], truths: list[NDArray[np.uint8]], one_answer: bool
) -> float | None:
    validation, test = probe_scores(features[0], truths[0], features[1], features[2])
    said = highest(test) if one_answer else decide(test, fit_thresholds(truths[1], validation))
    return Figure.of(class_scores(truths[2], said).weighted_f1).value
