"""One cell of the grid: an arm, a cohort, a seed. It leaves features and a JSON of how the training went."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.representations.arms import ARMS, IMAGE_SIZE, IMAGENET, RANDOM, Arm
from benchmarks.representations.cohorts import SPLIT
from sonosift import api
from sonosift.cohort.cohort import Cohort
from sonosift.machine import atomic
from sonosift.metrics.embedding_spread import effective_rank, mean_spread

if TYPE_CHECKING:
    from sonosift.batches.frame_tensor import FrameTensor
    from sonosift.methods.method import Method

WEIGHTS_FILE = "lite0.safetensors"


@dataclass(frozen=True)
class Cell:
    """One arm in one cohort with one seed, and where its results lie."""

    folder: Path
    cohort: str
    arm: Arm
    seed: int

    @property
    def name(self) -> str:
        """Its name, also that of its run."""
        plain = "".join(letter if letter.isalnum() else "-" for letter in self.arm.name)
        return f"{'-'.join(part for part in plain.split('-') if part)}-{self.seed}"

    @property
    def record(self) -> Path:
        """The JSON; when it is there, the cell is done."""
        return self.folder / "cells" / self.cohort / f"{self.name}.json"

    @property
    def features_file(self) -> Path:
        """One row per frame of the cohort, in the order of the catalog."""
        return self.folder / "features" / self.cohort / f"{self.name}.npy"

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do."""
        return self.record.exists()

    @property
    def impossible(self) -> bool:
        """Whether the first weights it asks for can't be had."""
        return self.arm.init == IMAGENET and not (self.folder / WEIGHTS_FILE).exists()

    def read(self) -> dict[str, Any]:
        """Return the JSON."""
        return dict(json.loads(self.record.read_text(encoding="utf-8")))

    def features(self) -> NDArray[np.float32]:
        """Return the features."""
        return np.asarray(np.load(self.features_file), dtype=np.float32)


def grid(folder: Path, cohorts: list[str], seeds: int) -> list[Cell]:
    """Return all cells, seed by seed, so that an unfinished grid has whole rounds."""
    return [
        Cell(folder, cohort, arm, seed)
        for seed in range(seeds)
        for arm in ARMS.values()
        for cohort in cohorts
        # Without training, ImageNet weights are the same whatever the seed.
        if cohort in arm.cohorts and (seed == 0 or arm.method or arm.init == RANDOM)
    ]


def run_cell(cell: Cell, images: int) -> dict[str, Any]:
    """Train (or only embed), and write what is left of it."""
    init = str((cell.folder / WEIGHTS_FILE).absolute()) if cell.arm.init == IMAGENET else RANDOM
    cohort = Cohort.open(cell.folder / cell.cohort)
    if cell.arm.method:
        record, features = _trained(cell, cohort, init, images)
    else:
        record, features = {"method": None, "images": 0}, untrained_features(cohort, cell.arm, init, cell.seed)
    record |= {
        "arm": cell.arm.name, "seed": cell.seed, "init": cell.arm.init, "frames": len(features),
        "effective_rank": effective_rank(features), "spread": mean_spread(features),
    }  # fmt: skip
    cell.features_file.parent.mkdir(parents=True, exist_ok=True)
    with atomic.replacing(cell.features_file) as temporary, temporary.open("wb") as handle:
        np.save(handle, features, allow_pickle=False)
    cell.record.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(cell.record, json.dumps(record, indent=1))
    return record


def _trained(cell: Cell, cohort: Cohort, init: str, images: int) -> tuple[dict[str, Any], NDArray[np.float32]]:
    arm = cell.arm
    assert arm.method is not None
    found = api.pretrain(
        cohort.path, method=arm.method, run=cell.name, steps=arm.steps(images), image_size=IMAGE_SIZE, scale="small",
        init=init, split=SPLIT, part="train", precision=arm.precision, seed=cell.seed, settings=arm.settings,
    )  # fmt: skip
    run = cohort.runs.get(cell.name)
    curve = [row for row in run.metrics() if "loss" in row]
    record = {
        "method": arm.method,
        "settings": run.config["settings"],
        "images": arm.images_per_step * found.steps,
        "steps": found.steps,
        "seconds": found.seconds,
        "precision": found.precision,
        "warnings": found.warnings,
        "curve": {
            "step": [row["step"] for row in curve],
            "loss": [row["loss"] for row in curve],
            "effective_rank": [row.get("effective_rank") for row in curve],
            "knn_average_precision": [row.get("knn_average_precision") for row in curve],
        },
    }
    ids = list(cohort.frames.frame_ids)
    features = np.load(run.embeddings_path)
    assert len(features) == len(ids)
    # The state for resuming is five times the network, and the run is over.
    for state in run.state_path.glob("*.pt"):
        state.unlink()
    return record, np.asarray(features, dtype=np.float32)


def untrained_features(cohort: Cohort, arm: Arm, init: str, seed: int) -> NDArray[np.float32]:
    """Embed all frames with a network as it is before any training."""
    from sonosift.methods.registry import config_of
    from sonosift.nets.initial_weights import initialise
    from sonosift.training.cohort_frames import load_canvas
    from sonosift.training.finished_run import new_method
    from sonosift.training.precision import choose_precision
    from sonosift.training.predict import predict

    values = config_of("simclr", {"image_size": IMAGE_SIZE} | arm.settings).model_dump(mode="json")
    network = new_method("simclr", values, {}, seed=seed)
    initialise(network.backbone, init if init == RANDOM else Path(init))
    if arm.settled:
        _settle(network, load_canvas(cohort, cohort.splits.get(SPLIT).frame_ids("train"), IMAGE_SIZE))
    frames = load_canvas(cohort, list(cohort.frames.frame_ids), IMAGE_SIZE)
    return predict(network, frames, choose_precision(arm.precision), title="embed").features


def _settle(network: Method, frames: FrameTensor, at_a_time: int = 128) -> None:
    """Let normalisations average their statistics over all frames, in layers from the first to the last at once."""
    import torch
    from torch.nn.modules.batchnorm import _BatchNorm

    from sonosift.batches.random_views import centre_view

    for layer in network.backbone.modules():
        if isinstance(layer, _BatchNorm):
            layer.reset_running_stats()
            layer.momentum = None  # a plain average over all batches
    network.backbone.train()
    with torch.no_grad():
        for start in range(0, len(frames), at_a_time):
            rows = np.arange(start, min(start + at_a_time, len(frames)))
            network.backbone(centre_view(frames.gather(rows), IMAGE_SIZE))
    network.backbone.eval()
