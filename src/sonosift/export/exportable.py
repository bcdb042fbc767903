"""What of a finished run is worth exporting: its network, how its answers are read, and what frames it knows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sonosift import __version__
from sonosift.batches.random_views import canvas_size
from sonosift.clusters.apply_groups import KnownGroups
from sonosift.clusters.cohort_features import network_features, sides_of
from sonosift.clusters.feature_heads import FeatureHeads
from sonosift.clusters.group_model import GroupModel
from sonosift.clusters.strangers import Threshold, distance_to_known, stranger_threshold
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.export.answer_head import Head, head_of
from sonosift.export.description import Description, Frames, Groups, Kind, Labels, Network, Part, Strangers
from sonosift.export.exported_network import ExportedNetwork
from sonosift.methods.method import Method
from sonosift.nets.backbone import COLOUR, Backbone
from sonosift.nets.scaling import mean_and_spread
from sonosift.prediction.answer_rules import AnswerRules
from sonosift.prediction.trained_run import TrainedRun
from sonosift.training.finished_run import load_method

_TOLD = ("clip_rate_hz", "keep_calipers", "rescale_intensity", "crop_border")
"""What of the preprocessing shapes pictures."""


@dataclass(frozen=True)
class Exportable:
    """A run that can be exported.

    Attributes:
        cohort: Where it was made.
        run: The run.
        description: What ``sonosift.json`` will say.
        backbone: The backbone with its weights.
        head: What sits on it, if anything answers.
        combination_head: The second head of a classifier, if it has one.
        method: The product's own network, to compare with.
        rules: How a classifier answers.
        group_model: What gives groups, where the method's own head does not.
        known: Features of the frames that it learnt from; None where nothing can be flagged.
    """

    cohort: Cohort
    run: RunFolder
    description: Description
    backbone: Backbone
    head: Head | None
    combination_head: nn.Module | None
    method: Method
    rules: AnswerRules | None = None
    group_model: GroupModel | None = None
    known: NDArray[np.float32] | None = None

    def network(self) -> ExportedNetwork:
        """Return the network from frames to answers."""
        return ExportedNetwork(self.description, self.backbone, self.head, self.combination_head)


def exportable(cohort: Cohort, run: RunFolder, *, false_alarms: float) -> Exportable:
    """Read a run, or say why it cannot be exported and what can."""
    if not run.finished:
        raise SonosiftError(f"run {run.name!r} has not come to its end", "Give its command again to continue it.")
    command = run.config.get("command")
    if command == "train":
        return _classifier(cohort, run, false_alarms)
    if command == "pretrain":
        method = load_method(run).cpu()
        return Exportable(
            cohort, run, _description(cohort, run, "features", method), method.backbone, None, None, method
        )
    if command == "cluster":
        return _clustering(cohort, run, false_alarms)
    raise SonosiftError(
        f"run {run.name!r} holds no network of its own", "Export a run of `sonosift train`, `pretrain` or `cluster`."
    )


def _classifier(cohort: Cohort, run: RunFolder, false_alarms: float) -> Exportable:
    trained = TrainedRun.open(run.path, false_alarms)
    method, rules = trained.network.cpu(), trained.rules
    heads = method.heads()
    kept = run.config["facts"].get("combinations") or []
    labels = Labels(
        space=cohort.settings.label_space,
        one_answer=rules.one_answer,
        temperature=rules.temperature,
        thresholds=rules.thresholds,
        stated_thresholds=rules.stated_thresholds,
        combinations=tuple(map(tuple, kept)),
    )
    head = head_of([("linear", heads["organ_head"].state_dict())])
    strangers = _strangers(trained.stranger, apart=trained.apart)
    description = _description(cohort, run, "classifier", method, head, labels=labels, strangers=strangers)
    return Exportable(
        cohort,
        run,
        description,
        method.backbone,
        head,
        heads.get("combination_head"),
        method,
        rules=rules,
        known=trained.known,
    )


def _clustering(cohort: Cohort, run: RunFolder, false_alarms: float) -> Exportable:
    if "applied" in run.config:
        raise SonosiftError(
            f"run {run.name!r} applies the groups of another cohort", f"Export {run.config['applied']!r} there."
        )
    known = KnownGroups.find(run.name, cohort)
    method, model = load_method(known.network_run).cpu(), GroupModel.read(known.run)
    head = _group_head(known.space, method, model)
    told = Groups(count=known.count, names=known.names, merged=known.merged)
    features, strangers = None, None
    if known.space == "backbone":
        features, strangers = _known_to_groups(cohort, known.network_run, false_alarms)
    description = _description(cohort, run, "groups", method, head, groups=told, strangers=strangers)
    return Exportable(cohort, run, description, method.backbone, head, None, method, group_model=model, known=features)


def _group_head(space: str, method: Method, model: GroupModel | None) -> Head:
    if model is None:
        return head_of([("linear", method.heads()["cluster_head"].state_dict())])
    parts: list[tuple[Part, Mapping[str, Tensor]]] = []
    if space == "projection":
        parts.append(("projection", method.heads()["projection"].state_dict()))
    if model.centres is not None:
        parts.append(("centres", {"centres": torch.from_numpy(np.array(model.centres))}))
    else:
        parts.append(("feature-heads", cast(FeatureHeads, model.head).state_dict()))
    return head_of(parts)


def _known_to_groups(cohort: Cohort, source: RunFolder, false_alarms: float) -> tuple[NDArray[np.float32], Strangers]:
    sides, features = sides_of(cohort, source), network_features(cohort, source, "backbone")
    known, patients = features[sides.learnt], cohort.catalog()["patient"].to_numpy()
    distances = distance_to_known(features[sides.apart], known)
    threshold = stranger_threshold(distances, patients[sides.apart].tolist(), false_alarms)
    return known, _strangers(threshold, apart=sides.really_apart)


def _strangers(threshold: Threshold, *, apart: bool) -> Strangers:
    return Strangers(
        distance=threshold.distance if math.isfinite(threshold.distance) else None,
        false_alarms=threshold.false_alarms,
        calibrated_on=threshold.calibrated_on,
        patients=threshold.patients,
        apart=apart,
    )


def _description(
    cohort: Cohort,
    run: RunFolder,
    kind: Kind,
    method: Method,
    head: Head | None = None,
    *,
    labels: Labels | None = None,
    groups: Groups | None = None,
    strangers: Strangers | None = None,
) -> Description:
    backbone, made = method.backbone, cohort.settings.preprocessing
    mean, spread = (0.0,), (1.0,)
    if backbone.scaling != "image":
        mean, spread = mean_and_spread(backbone.scaling, colour=backbone.channels == COLOUR)  # type: ignore[assignment]
    height, width = cohort.settings.frame_shape
    return Description(
        sonosift=__version__,
        kind=kind,
        run=run.name,
        method=str(run.config.get("method")),
        data_fingerprint=run.record.data_fingerprint,
        network=Network(
            architecture=backbone.name,
            channels=backbone.channels,  # type: ignore[arg-type]
            scaling=backbone.scaling,
            mean=mean,
            spread=spread,
            features=backbone.features,
        ),
        frames=Frames(
            height=height,
            width=width,
            canvas_size=canvas_size(method.image_size),
            image_size=method.image_size,
            preprocessing={name: made[name] for name in _TOLD if name in made},
        ),
        head=() if head is None else head.parts,
        labels=labels,
        groups=groups,
        strangers=strangers,
    )
