"""A new archive through a clustering that exists: untrained, and images unlike all known ones are set apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonosift.clusters.cohort_features import Sides, network_features, sides_of
from sonosift.clusters.group_model import Assigned, GroupModel
from sonosift.clusters.group_names import group_names
from sonosift.clusters.merged_groups import merged_groups
from sonosift.clusters.strangers import STRANGER, Threshold, distance_to_known, stranger_threshold
from sonosift.clusters.trained_groups import TrainedGroups
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.machine import progress
from sonosift.methods.method import Method
from sonosift.training.cohort_frames import load_canvas
from sonosift.training.finished_run import load_method
from sonosift.training.predict import predict


@dataclass(frozen=True)
class KnownGroups:
    """A clustering on disk, with the cohort it was made on.

    Attributes:
        asked: the run that was named.
        run: the run that formed the groups: the same one, or that from which it was merged, however often.
        home: the cohort of both.
        network_run: the run whose network is used.
        merged: what became of each group of ``run``; empty where nothing was merged.
    """

    asked: RunFolder
    run: RunFolder
    home: Cohort
    network_run: RunFolder
    merged: dict[int, int]

    @classmethod
    def find(cls, run: str | Path, cohort: Cohort) -> KnownGroups:
        """Find a clustering by the path of its folder, or by its name in the same cohort."""
        path = Path(run)
        home = cohort
        if str(run) in cohort.runs.names():
            folder = cohort.runs.get(str(run))
        elif (path / "run.yaml").exists():
            folder, home = RunFolder.open(path), Cohort.open(path.absolute().parent.parent)
        else:
            raise SonosiftError(
                f"there is no clustering at {run}", "Give the folder of its run: --apply COHORT/runs/NAME OTHER_COHORT."
            )
        if folder.config.get("command") != "cluster" or not folder.finished:
            raise SonosiftError(
                f"run {folder.name!r} is no finished clustering", "Give a run that `sonosift cluster` has made."
            )
        asked = folder
        folder, merged = merged_groups(home, asked)
        if folder.config.get("space") in ("pixels",) or folder.config.get("from_run") is None:
            raise SonosiftError(f"run {folder.name!r} has no network", "Apply a clustering made --from a run.")
        network_run = folder if folder.model_path.exists() else home.runs.get(folder.config["from_run"])
        return cls(asked, folder, home, network_run, merged)

    @property
    def count(self) -> int:
        """How many groups a frame can fall into."""
        return len(set(self.merged.values())) or int(self.run.config["clusters"])

    @property
    def names(self) -> dict[int, str]:
        """What people call the groups."""
        return group_names(self.home, self.asked)

    @property
    def space(self) -> str:
        """The space in which its features lie."""
        return "backbone" if self.network_run is self.run else str(self.run.config.get("space", "backbone"))


@dataclass(frozen=True)
class Applied:
    """Groups of a new archive.

    Attributes:
        groups: of every frame; strangers are in group -1.
        threshold: from which distance on a frame is a stranger.
        distances: of every frame.
    """

    groups: TrainedGroups
    threshold: Threshold
    distances: NDArray[np.float32]

    @property
    def strangers(self) -> NDArray[np.bool_]:
        """Which frames are unlike all known ones."""
        chosen: NDArray[np.bool_] = self.groups.assigned.groups == STRANGER
        return chosen


def apply_groups(known: KnownGroups, cohort: Cohort, false_alarms: float) -> Applied:
    """Give the frames of another cohort the groups of a clustering."""
    sides = sides_of(known.home, known.network_run)
    at_home = network_features(known.home, known.network_run, known.space)
    network = load_method(known.network_run)
    features, assigned = _assigned(known, cohort, network)
    threshold = _threshold(known.home, sides, at_home, false_alarms)
    distances = distance_to_known(features, at_home[sides.learnt])
    odd = distances > threshold.distance
    joined = [known.merged.get(group, group) for group in assigned.groups.tolist()]
    groups = np.where(odd, STRANGER, np.array(joined, dtype=np.int64))
    notes = (
        []
        if math.isfinite(threshold.distance)
        else [f"nothing could be set apart: {threshold.calibrated_on} frames are too few for {false_alarms:.2%}"]
    )
    if not sides.really_apart:
        notes.append("no patient was kept apart when the groups were formed: the rate of false alarms is higher")
    kept = TrainedGroups(Assigned(groups, assigned.confidence, assigned.probabilities), features, notes=notes)
    return Applied(kept, threshold, distances)


def _assigned(known: KnownGroups, cohort: Cohort, network: Method) -> tuple[NDArray[np.float32], Assigned]:
    canvas = load_canvas(cohort, cohort.frames.frame_ids, network.image_size)
    found = predict(network, canvas, known.network_run.config["precision"], title="group")
    features = found.logits if known.space == "projection" else found.features
    model = GroupModel.read(known.run)
    return features, Assigned.from_logits(found.logits) if model is None else model.assign(features)


def _threshold(home: Cohort, sides: Sides, features: NDArray[np.float32], false_alarms: float) -> Threshold:
    patients = home.catalog()["patient"].to_numpy()
    known, apart = features[sides.learnt], features[sides.apart]
    if not sides.really_apart:
        progress.notice("no patient was kept apart: distances of the known frames themselves set the threshold")
    return stranger_threshold(distance_to_known(apart, known), patients[sides.apart].tolist(), false_alarms)
