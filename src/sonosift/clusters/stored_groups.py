"""Groups that need no picture: k-means and TEMI on stored features, and those that a network has learnt already."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.clusters.cohort_features import Sides
from sonosift.clusters.group_model import Assigned, GroupModel
from sonosift.clusters.temi_config import TemiConfig
from sonosift.clusters.temi_heads import temi
from sonosift.clusters.trained_groups import TrainedGroups
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.neighbours.k_means import assign_to_centres, k_means
from sonosift.neighbours.neighbour_table import neighbour_table
from sonosift.training.cohort_frames import load_canvas
from sonosift.training.finished_run import load_method
from sonosift.training.predict import predict


def k_means_groups(
    features: NDArray[np.float32], sides: Sides, clusters: int, folder: RunFolder, seed: int, *, network: bool
) -> TrainedGroups:
    """Form centres on the frames that were learnt from; pixels are compared as they are, features by angle."""
    centres = k_means(features[sides.learnt], clusters, seed=seed, normalise=network).centres
    if network:
        model = GroupModel(centres=centres)
        model.save(folder)
        return TrainedGroups(model.assign(features), features)
    return TrainedGroups(Assigned(*assign_to_centres(features, centres, normalise=False)), features)


def temi_groups(
    features: NDArray[np.float32], sides: Sides, values: dict[str, Any], folder: RunFolder, seed: int
) -> TrainedGroups:
    """Train TEMI's heads on the frames that were learnt from."""
    config = TemiConfig.model_validate(values)
    learnt = features[sides.learnt]
    found = temi(
        learnt,
        neighbour_table(learnt, config.neighbours),
        config,
        seed=seed,
        state_folder=folder.state_path,
        log=folder.log,
    )
    model = GroupModel(head=found.head)
    model.save(folder)
    return TrainedGroups(model.assign(features), features, found.steps)


def own_groups(cohort: Cohort, source: RunFolder) -> TrainedGroups:
    """Ask the source's network."""
    network = load_method(source)
    canvas = load_canvas(cohort, cohort.frames.frame_ids, network.image_size)
    found = predict(network, canvas, source.config["precision"], title="group")
    return TrainedGroups(Assigned.from_logits(found.logits), found.features)
