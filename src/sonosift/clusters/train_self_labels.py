"""Self-labelling on a cohort: the network learns its own sure answers, and a collapse is told."""

from __future__ import annotations

import copy

import numpy as np

from sonosift.batches.sampler import Rows
from sonosift.clusters.cohort_features import Sides
from sonosift.clusters.collapse import look_for_collapse
from sonosift.clusters.group_model import Assigned
from sonosift.clusters.trained_groups import TrainedGroups
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.methods.self_labelling import SelfLabelling
from sonosift.methods.self_labelling_config import SelfLabellingConfig
from sonosift.nets.weights_file import load_into
from sonosift.training.cohort_frames import load_canvas, rows_of
from sonosift.training.finished_run import load_method, new_method, save_networks
from sonosift.training.fit import fit
from sonosift.training.fit_plan import FitPlan
from sonosift.training.precision import Precision
from sonosift.training.predict import predict

CLUSTER_HEAD = "cluster_head"


def self_labels(
    cohort: Cohort,
    source: RunFolder,
    sides: Sides,
    config: SelfLabellingConfig,
    folder: RunFolder,
    precision: Precision,
    seed: int,
) -> TrainedGroups:
    """Train on augmented images from the groups that the source's network gives.

    Args:
        cohort: the cohort.
        source: a run whose network has a linear layer to groups.
        sides: which frames learn.
        config: the settings.
        folder: the new run.
        precision: to compute with.
        seed: same seed, same groups.
    """
    before = load_method(source)
    if CLUSTER_HEAD not in before.heads():
        raise SonosiftError(
            f"the network of run {source.name!r} forms no groups", "Name a run of fusc, pica or lsd with --from."
        )
    method = new_method("self-label", config.model_dump(mode="json"), {}, seed=seed)
    assert isinstance(method, SelfLabelling)
    load_into(method.backbone.net, before.backbone.net.state_dict(), source.name)
    load_into(method.cluster_head, before.heads()[CLUSTER_HEAD].state_dict(), source.name)
    first_weights = copy.deepcopy(method.state_dict())
    frame_ids = cohort.frames.frame_ids
    canvas = load_canvas(cohort, frame_ids, config.image_size)
    old = predict(method, canvas, precision, title="groups before")
    chosen = np.flatnonzero(sides.learnt)
    rows = cohort.catalog()[chosen.tolist()]
    sampler = method.sampler(rows_of(rows) if len(rows) else Rows([], [], []), seed)
    steps = config.steps or config.epochs * sampler.steps_per_epoch
    learnt = load_canvas(cohort, rows["frame_id"].to_list(), config.image_size)
    result = fit(method, learnt, sampler, FitPlan(steps=steps, seed=seed, precision=precision), folder)
    new = predict(method, canvas, precision, title="group")
    notes = list(result.warnings)
    if int(method.skipped):
        notes.append(
            f"in {int(method.skipped)} of {result.steps} steps no answer was surer than {config.threshold}: "
            "they changed nothing"
        )
    change = look_for_collapse(old.logits[chosen].argmax(axis=1), new.logits[chosen].argmax(axis=1))
    notes.append(f"self-labelling: {change.words()}")
    if change.collapsed and config.on_collapse == "keep":
        notes.append(
            f"the groups of {source.name} stand, and so does its network; --set on_collapse=report keeps the collapsed"
        )
        method.load_state_dict(first_weights)
        new = old
    save_networks(method, folder)
    return TrainedGroups(Assigned.from_logits(new.logits), new.features, result.steps, None, notes)
