"""A training with everything that its answers need: network, thresholds, temperature, and what it knows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from sonosift.batches.frame_tensor import FrameTensor, shrink
from sonosift.batches.random_views import canvas_size, centre_view
from sonosift.clusters.strangers import Threshold, distance_to_known, stranger_threshold
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.explain.grad_cam import grad_cam
from sonosift.explain.overlay import Picture, overlay
from sonosift.methods.method import Method
from sonosift.prediction.answer_rules import AnswerRules
from sonosift.training.finished_run import load_method
from sonosift.training.precision import choose_precision, training_device
from sonosift.training.predict import predict

RUNS = "runs"


class Answers(NamedTuple):
    """What the run says of frames, one row each.

    Attributes:
        probabilities: One per label, with the run's temperature if it has one.
        decided: 0 or 1 per label, by the run's thresholds, or the likeliest where there is one answer.
        distances: 1 - cosine to the training frames.
        strange: Which frames are unlike those the run was trained on.
    """

    probabilities: NDArray[np.float64]
    decided: NDArray[np.uint8]
    distances: NDArray[np.float32]
    strange: NDArray[np.bool_]

    def part(self, start: int, end: int) -> Answers:
        """Return the answers for some of the frames."""
        rows = slice(start, end)
        return Answers(self.probabilities[rows], self.decided[rows], self.distances[rows], self.strange[rows])


@dataclass(frozen=True)
class TrainedRun:
    """A training that has come to its end.

    Attributes:
        name: The run.
        cohort: Where it was trained.
        rules: How logits become answers.
        network: In evaluation mode, on its device.
        known: Features of the frames it was trained on.
        stranger: From which distance on a frame is unlike these.
        apart: Whether that distance was read off patients who took no part in the training.
    """

    name: str
    cohort: Cohort
    rules: AnswerRules
    network: Method
    known: NDArray[np.float32]
    stranger: Threshold
    apart: bool

    @classmethod
    def open(cls, path: Path, false_alarms: float) -> TrainedRun:
        """Open the run in the folder ``COHORT/runs/NAME``."""
        cohort, run = cohort_and_run(path)
        rules = answer_rules(run)
        if rules is None:
            raise SonosiftError(
                f"run {run.name!r} answers no label: it is no finished training",
                "Give the folder of a run of `sonosift train`, COHORT/runs/NAME.",
            )
        network = load_method(run).to(training_device())
        known, distances, patients, apart = _what_it_knows(cohort, run)
        return cls(
            name=run.name,
            cohort=cohort,
            rules=rules,
            network=network,
            known=known,
            stranger=stranger_threshold(distances, patients, false_alarms),
            apart=apart,
        )

    def answer(self, frames: NDArray[np.uint8]) -> Answers:
        """Answer for clean frames ``[n, H, W]`` as the cohort would keep them."""
        device = training_device()
        shrunk = shrink(torch.from_numpy(np.ascontiguousarray(frames)), canvas_size(self.network.image_size))
        found = predict(self.network, FrameTensor(shrunk), choose_precision("auto", device))
        distances = distance_to_known(found.features, self.known)
        return Answers(
            probabilities=self.rules.stated(found.logits),
            decided=self.rules.decided(found.logits),
            distances=distances,
            strange=distances > self.stranger.distance,
        )

    def overlays(self, frames: NDArray[np.uint8], columns: NDArray[np.int64]) -> list[Picture]:
        """Return each view as the network sees it, coloured by what speaks for one label (its column)."""
        shrunk = shrink(torch.from_numpy(np.ascontiguousarray(frames)), canvas_size(self.network.image_size))
        views = centre_view(shrunk.to(training_device()), self.network.image_size)
        heat = grad_cam(self.network, views, torch.from_numpy(columns)).cpu().numpy()
        return [overlay(view, one) for view, one in zip(views[:, 0].cpu().numpy(), heat, strict=True)]

    @property
    def notes(self) -> list[str]:
        """What to keep in mind about the flag."""
        told = []
        if math.isinf(self.stranger.distance):
            told.append(
                f"nothing can be flagged as strange: {self.stranger.calibrated_on} frames are too few for a rate of "
                f"false alarms of {self.stranger.false_alarms:.2%}"
            )
        if not self.apart:
            told.append("no validation patient was kept apart: the rate of false alarms is higher than stated")
        return told


def answer_rules(run: RunFolder) -> AnswerRules | None:
    """Return how a finished training answers; None for a run that answers no label."""
    names, summary = run.config.get("label_names"), run.summary()
    if names is None or "thresholds" not in summary:
        return None
    one_answer = bool(run.config["facts"].get("one_hot", False))
    fitted = () if one_answer else tuple(summary["thresholds"][name] for name in names)
    return AnswerRules(tuple(names), one_answer, fitted, summary.get("temperature"))


def cohort_and_run(path: Path) -> tuple[Cohort, RunFolder]:
    """Open the run in the folder ``COHORT/runs/NAME``, and its cohort."""
    folder = path.absolute()
    if folder.parent.name != RUNS or not Cohort.exists(folder.parent.parent):
        raise SonosiftError(f"{path} is not the folder of a run", "Give COHORT/runs/NAME.")
    cohort = Cohort.open(folder.parent.parent)
    return cohort, cohort.runs.get(folder.name)


def _what_it_knows(cohort: Cohort, run: RunFolder) -> tuple[NDArray[np.float32], NDArray[np.float32], list[str], bool]:
    """Return features of the training frames, and distances to them of frames kept apart with their patients."""
    ids, rows = run.embeddings()
    learnt = set(pl.read_parquet(run.path / "training_frames.parquet")["frame_id"])
    table = pl.DataFrame({"frame_id": ids}).with_row_index("place")
    table = table.join(cohort.splits.get(run.config["split"]).catalog(), on="frame_id", how="inner")
    known = rows[table.filter(pl.col("frame_id").is_in(list(learnt)))["place"].to_list()]
    others = table.filter((pl.col("part") == "validation") & ~pl.col("frame_id").is_in(list(learnt)))
    judged = others if len(others) else table.filter(pl.col("frame_id").is_in(list(learnt)))
    features = np.asarray(rows[judged["place"].to_list()], dtype=np.float32)
    known = np.asarray(known, dtype=np.float32)
    return known, distance_to_known(features, known), judged["patient"].to_list(), bool(len(others))
