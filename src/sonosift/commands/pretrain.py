"""``sonosift pretrain``: learn a representation without labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sonosift.commands.summary import Summary


class PretrainSummary(Summary):
    """How a training without labels went.

    Attributes:
        run: Name of the run.
        method: Its method.
        frames: Frames it learnt from.
        exams: Their exams.
        image_size: Pixels of a view.
        precision: Lightning's name of the precision.
        steps: Optimiser steps.
        seconds: Time spent training.
        images_per_second: Images seen per second, augmentation included.
        loss: The last loss.
        filled_clusters: Groups in use in the last batch looked at.
        effective_rank: Directions that its features span.
        warnings: Signs that learning went wrong.
        model: The weights of the backbone.
    """

    run: str
    method: str
    frames: int
    exams: int
    image_size: int
    precision: str
    steps: int
    seconds: float
    images_per_second: float
    loss: float
    filled_clusters: int | None = None
    effective_rank: float | None = None
    warnings: list[str]
    model: str


def pretrain(
    cohort: str | Path,
    *,
    method: str = "pica",
    run: str | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    image_size: int | None = None,
    scale: str = "auto",
    init: str = "random",
    split: str = "default",
    part: str | None = None,
    precision: str = "auto",
    seed: int = 0,
    settings: dict[str, Any] | None = None,
) -> PretrainSummary:
    """Learn a representation (and groups) from frames without labels.

    Give the same command again to continue after an interruption.

    Args:
        cohort: Folder of the cohort.
        method: pica or lsd.
        run: Name of the run; by default the method's.
        epochs: Passes over the exams.
        steps: Optimiser steps, instead of epochs.
        image_size: Pixels of a view.
        scale: paper: the paper's settings; small: for two cores and some hundred images; auto: small without a GPU.
        init: First weights: random, timm:NAME, the name of a run, or a file.
        split: Split whose part is used.
        part: Part to learn from, or all; by default the training part, or all frames when there is no split yet.
        precision: 32, bf16, or auto.
        seed: Same seed, same run.
        settings: Settings of the method, key=value.

    Returns:
        How it went, and where the weights are.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.methods import registry

    registry.find(method, "pretrain")
    given = registry.with_options(settings, epochs=epochs, steps=steps, image_size=image_size)
    registry.config_of(method, given)  # a misspelt setting is told before anything heavy is loaded
    opened = Cohort.open(cohort)

    from sonosift.batches.exam_sampler import ExamSampler
    from sonosift.machine import lock, progress
    from sonosift.nets.initial_weights import initialise
    from sonosift.training.cohort_frames import frames_without_labels, load_canvas, weights_of
    from sonosift.training.finished_run import new_method, save_networks
    from sonosift.training.fit import FitPlan, fit
    from sonosift.training.precision import choose_precision, training_device
    from sonosift.training.predict import predict
    from sonosift.training.scale import is_small

    device = training_device()
    config = registry.config_of(method, given, small=is_small(scale, device))
    values = config.model_dump(mode="json")
    rows, learnt_part = frames_without_labels(opened, split, part)
    frame_ids, exams = rows["frame_id"].to_list(), rows["exam"].to_list()

    def sampler(rank: int, world: int) -> ExamSampler:
        return ExamSampler(
            exams,
            exams_per_batch=values["exams_per_batch"],
            max_images_per_exam=values["max_images_per_exam"],
            seed=seed,
            rank=rank,
            world=world,
        )

    planned = sampler(0, 1)
    plan = FitPlan(
        steps=values["steps"] or values["epochs"] * planned.steps_per_epoch,
        seed=seed,
        precision=choose_precision(precision, device),
    )
    folder = opened.runs.create(
        run or method,
        {
            "command": "pretrain",
            "method": method,
            "settings": values,
            "facts": {},
            "init": init,
            "split": None if learnt_part == "all" else split,
            "part": learnt_part,
            "precision": plan.precision,
            "seed": seed,
        },
        frame_ids=frame_ids,
    )
    if folder.finished:
        progress.notice(f"{folder.name} is finished already: its result stands as it is")
        return PretrainSummary(**folder.summary())
    with lock.exclusive(folder.path / "lock", f"run {folder.name}"):
        if planned.exams < values["exams_per_batch"]:
            asked = values["exams_per_batch"]
            progress.notice(f"{planned.exams} exams are fewer than a batch of {asked}: every batch holds them all")
        network = new_method(method, values, {}, seed=seed)
        initialise(network.backbone, weights_of(opened, init))
        result = fit(network, load_canvas(opened, frame_ids, values["image_size"]), sampler, plan, folder)
        save_networks(network, folder)
        all_ids = opened.frames.frame_ids
        found = predict(network, load_canvas(opened, all_ids, values["image_size"]), plan.precision, title="embed")
        folder.save_embeddings(all_ids, found.features)
        last = [row for row in folder.metrics() if "loss" in row][-1]
        summary = PretrainSummary(
            run=folder.name,
            method=method,
            frames=len(frame_ids),
            exams=planned.exams,
            image_size=values["image_size"],
            precision=plan.precision,
            steps=result.steps,
            seconds=round(result.seconds, 1),
            images_per_second=round(result.images / max(result.seconds, 1e-9), 1),
            loss=last["loss"],
            filled_clusters=int(last["filled_clusters"]) if "filled_clusters" in last else None,
            effective_rank=last.get("effective_rank"),
            warnings=result.warnings,
            model=str(folder.model_path),
        )
        folder.finish(**summary.model_dump(mode="json"))
    return summary
