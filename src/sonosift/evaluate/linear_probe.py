"""A linear probe: one logistic regression per class on fixed features."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate.patient_bootstrap import Floats


def probe_scores(
    training_features: NDArray[np.floating[Any]],
    training_truth: NDArray[np.uint8],
    *features: NDArray[np.floating[Any]],
    strength: float = 0.01,
) -> list[Floats]:
    """Fit on the training frames; return the probability of every class for each of ``features``.

    Features are standardised with the training frames' mean and spread. ``strength`` is scikit-learn's C
    (smaller is smoother). A class that is always or never there keeps its training frequency as its score.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    centre = training_features.mean(axis=0)
    spread = training_features.std(axis=0)
    spread[spread < 1e-8] = 1.0
    standard = [((part - centre) / spread).astype(np.float64) for part in (training_features, *features)]
    scores = [np.empty((len(part), training_truth.shape[1])) for part in features]
    for column in range(training_truth.shape[1]):
        answers = training_truth[:, column]
        frequency = float(answers.mean())
        if frequency in (0.0, 1.0):
            for part in scores:
                part[:, column] = frequency
            continue
        model = LogisticRegression(C=strength, max_iter=500)
        with warnings.catch_warnings():
            # 500 steps on strongly regularised, standardised features are enough for a baseline.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(standard[0], answers)
        for part, values in zip(scores, standard[1:], strict=True):
            part[:, column] = model.predict_proba(values)[:, 1]
    return scores
