"""The simple methods that stand in every comparison, also when they win."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonosift.clusters.label_matching import match_clusters
from sonosift.evaluate.constant_answers import majority_combination, yes_to_everything
from sonosift.evaluate.label_set_tables import group_quality
from sonosift.evaluate.linear_probe import probe_scores
from sonosift.evaluate.protocol import Judged, Kind, LabelledFrames, judge_answers, judge_scores
from sonosift.evaluate.resampling import Resampling
from sonosift.evaluate.score_table import GroupQuality
from sonosift.neighbours.k_means import k_means

K_MEANS_RESTARTS = 5
"""Enough for a baseline: more starts lower the inertia by less than a percent on pixels."""


@dataclass(frozen=True)
class Parts:
    """The labelled frames of the three parts of a split."""

    training: LabelledFrames
    validation: LabelledFrames
    test: LabelledFrames


@dataclass(frozen=True)
class Features:
    """The same features of the frames of each part, rows as in `Parts`; ``unlabelled`` is what k-means may see."""

    unlabelled: NDArray[np.float32]
    training: NDArray[np.float32]
    validation: NDArray[np.float32]
    test: NDArray[np.float32]


def constant_baselines(parts: Parts, names: Sequence[str], resampling: Resampling) -> list[Judged]:
    """Judge the two answers that look at no pixel."""
    frames, classes = parts.test.truth.shape
    rows = [
        judge_answers(
            "yes to everything",
            "baseline",
            "answers every class on every frame",
            names,
            parts.test,
            yes_to_everything(frames, classes),
            resampling,
        )
    ]
    if len(parts.training):
        answers = majority_combination(parts.training.truth, frames)
        about = "answers the commonest label set of the training frames on every frame"
        rows.append(judge_answers("majority label set", "baseline", about, names, parts.test, answers, resampling))
    return rows


def probe_baseline(
    name: str, about: str, features: Features, parts: Parts, names: Sequence[str], resampling: Resampling
) -> Judged:
    """Judge a linear probe on fixed features, trained on the labelled training frames."""
    validation, test = probe_scores(features.training, parts.training.truth, features.validation, features.test)
    return judge_scores(name, "baseline", about, names, parts.validation, validation, parts.test, test, resampling)


def k_means_baseline(
    name: str,
    about: str,
    features: Features,
    parts: Parts,
    names: Sequence[str],
    clusters: int,
    resampling: Resampling,
    *,
    normalise: bool,
) -> tuple[Judged, GroupQuality]:
    """Judge k-means groups that Algorithm 1 names with the labels of the validation part."""
    clusters = min(clusters, len(features.unlabelled))
    with warnings.catch_warnings():
        # Features of a collapsed network hold fewer different points than K; the figures will show it.
        warnings.filterwarnings("ignore", message="Number of distinct clusters")
        centres = k_means(
            features.unlabelled, clusters, seed=resampling.seed, restarts=K_MEANS_RESTARTS, normalise=normalise
        ).centres
    validation = nearest_centre(features.validation, centres, normalise=normalise)
    test = nearest_centre(features.test, centres, normalise=normalise)
    judged = judge_groups(name, "baseline", about, names, parts, validation, test, clusters, resampling)
    return judged, group_quality(name, "baseline", test, clusters, parts.test, resampling)


def judge_groups(
    name: str,
    kind: Kind,
    about: str,
    names: Sequence[str],
    parts: Parts,
    validation_groups: NDArray[np.int64],
    test_groups: NDArray[np.int64],
    clusters: int,
    resampling: Resampling,
) -> Judged:
    """Name groups with the validation part (Algorithm 1), fit thresholds on it, and judge the test part."""
    matched = match_clusters(validation_groups, parts.validation.truth, clusters)
    return judge_scores(
        name,
        kind,
        about,
        names,
        parts.validation,
        matched.score(validation_groups),
        parts.test,
        matched.score(test_groups),
        resampling,
    )


def nearest_centre(
    rows: NDArray[np.float32], centres: NDArray[np.float32], *, normalise: bool = False
) -> NDArray[np.int64]:
    """Return the index of the nearest centre of each row.

    >>> nearest_centre(np.array([[0.9], [0.1]], dtype=np.float32), np.array([[0.0], [1.0]], dtype=np.float32)).tolist()
    [1, 0]
    """
    if normalise:
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    distances = (centres**2).sum(axis=1) - 2 * rows @ centres.T
    return np.asarray(distances.argmin(axis=1), dtype=np.int64)
