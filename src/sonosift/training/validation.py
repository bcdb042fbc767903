"""The figure that early stopping watches: support-weighted F1, with one fitted threshold per label.

Where every image has one label there is nothing to fit: the most probable one is the answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonosift.batches.frame_source import FrameSource
from sonosift.methods.method import Method
from sonosift.metrics.f1 import class_scores
from sonosift.metrics.thresholds import decide, fit_thresholds, highest
from sonosift.training.fit_plan import Score, Validate
from sonosift.training.precision import Precision
from sonosift.training.predict import predict, probabilities


def validate_on(frames: FrameSource, truth: NDArray[np.uint8], precision: Precision) -> Validate:
    """Return the function that scores a method on labelled frames kept apart from training."""

    def validate(method: Method) -> Score:
        scores = probabilities(method, predict(method, frames, precision).logits)
        answers = highest(scores) if method.one_hot else decide(scores, fit_thresholds(truth, scores))
        figures = class_scores(truth, answers)
        weighted = figures.weighted_f1
        return Score(weighted, {"weighted_f1": weighted})

    return validate
