"""Folds by patient, and scores of every frame from the folds that its patient is not in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.errors import SonosiftError
from sonosift.evaluate.patient_bootstrap import Floats

Probe = Callable[[NDArray[np.floating[Any]], NDArray[np.uint8], NDArray[np.floating[Any]]], list[Floats]]
"""Learns from features and truth of the training frames; scores the features of others."""


def patient_folds(
    truth: NDArray[np.uint8], patients: Sequence[str], folds: int = 5, seed: int = 0
) -> NDArray[np.int64]:
    """Give each frame the number of its fold: whole patients, classes spread as evenly as that allows.

    Args:
        truth: ``[n, classes]``, one class per frame.
        patients: ``[n]``; patients who must stay together have one name.
        folds: how many.
        seed: of the dealing out.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    people = len(set(patients))
    if people < folds:
        raise SonosiftError(f"{people} patients make no {folds} folds", f"Ask for at most {people}.")
    numbers = np.empty(len(truth), dtype=np.int64)
    deal = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for number, (_, kept_apart) in enumerate(deal.split(truth, truth.argmax(axis=1), list(patients))):
        numbers[kept_apart] = number
    return numbers


def out_of_fold_scores(
    features: NDArray[np.floating[Any]], truth: NDArray[np.uint8], fold_of: NDArray[np.int64], probe: Probe
) -> Floats:
    """Return ``[n, classes]``: each frame scored by a probe that has seen the other folds alone."""
    scores = np.full(truth.shape, np.nan)
    for fold in np.unique(fold_of):
        here = fold_of == fold
        scores[here] = probe(features[~here], truth[~here], features[here])[0]
    return scores
