"""FUSC on a cohort: neighbours from another run's network, then groups on that network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sonosift.batches.sampler import Rows
from sonosift.clusters.cohort_features import Sides
from sonosift.clusters.fusc_head import Judged, fusc_head
from sonosift.clusters.group_model import Assigned, GroupModel
from sonosift.clusters.trained_groups import TrainedGroups
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.methods.fusc import Fusc
from sonosift.methods.fusc_config import FuscConfig
from sonosift.neighbours.neighbour_table import neighbour_table
from sonosift.nets.weights_file import load_into, read_weights
from sonosift.training.cohort_frames import load_canvas
from sonosift.training.finished_run import new_method, save_networks
from sonosift.training.fit import fit
from sonosift.training.fit_plan import FitPlan
from sonosift.training.label_free_score import judged_without_labels
from sonosift.training.precision import Precision
from sonosift.training.predict import predict

_LOOKS = 20


def fusc_on_features(
    features: NDArray[np.float32], sides: Sides, config: FuscConfig, folder: RunFolder, seed: int
) -> TrainedGroups:
    """Train the linear layer alone, on stored features."""
    learnt, apart = features[sides.learnt], features[sides.apart]
    found = fusc_head(
        learnt,
        neighbour_table(learnt, config.neighbours),
        Judged(apart, neighbour_table(apart, config.selection_neighbours)),
        config,
        seed=seed,
        state_folder=folder.state_path,
        log=folder.log,
    )
    model = GroupModel(head=found.head)
    model.save(folder)
    return TrainedGroups(model.assign(features), features, found.steps, found.best_step)


def fusc_on_images(
    cohort: Cohort,
    source: RunFolder,
    features: NDArray[np.float32],
    sides: Sides,
    config: FuscConfig,
    folder: RunFolder,
    precision: Precision,
    seed: int,
) -> TrainedGroups:
    """Train the whole network, or its linear layer, on augmented images.

    Args:
        cohort: the cohort.
        source: the run whose network it begins with.
        features: of every frame, to find neighbours with.
        sides: which frames learn, and which choose the step that is kept.
        config: the settings.
        folder: the new run.
        precision: to compute with.
        seed: same seed, same groups.
    """
    frame_ids = cohort.frames.frame_ids
    table = neighbour_table(features[sides.learnt], config.neighbours)
    method = new_method("fusc", config.model_dump(mode="json"), {"frames": len(table)}, seed=seed)
    assert isinstance(method, Fusc)
    load_into(method.backbone.net, read_weights(source.model_path), source.name)
    method.table.copy_(torch.from_numpy(table))
    sampler = method.sampler(Rows([], [], []), seed)
    steps = config.steps or config.epochs * sampler.steps_per_epoch
    plan = FitPlan(steps=steps, seed=seed, precision=precision, validate_every=max(1, steps // _LOOKS))
    judged = load_canvas(cohort, _ids(frame_ids, sides.apart), config.image_size)
    near = neighbour_table(features[sides.apart], config.selection_neighbours)
    result = fit(
        method,
        load_canvas(cohort, _ids(frame_ids, sides.learnt), config.image_size),
        sampler,
        plan,
        folder,
        validate=judged_without_labels(judged, near, precision),
    )
    save_networks(method, folder)
    found = predict(method, load_canvas(cohort, frame_ids, config.image_size), precision, title="group")
    return TrainedGroups(
        Assigned.from_logits(found.logits), found.features, result.steps, result.best_step, result.warnings
    )


def _ids(frame_ids: list[str], chosen: NDArray[np.bool_]) -> list[str]:
    return [frame_ids[place] for place in np.flatnonzero(chosen)]
