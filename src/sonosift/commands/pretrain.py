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
        knn_average_precision: How well neighbours from other patients predict the labels that there are.
        best_step: The step whose weights were kept, for methods that keep their best.
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
    knn_average_precision: float | None = None
    best_step: int | None = None
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
    devices: str = "auto",
    nodes: int = 1,
    tensorboard: bool = False,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
) -> PretrainSummary:
    """Learn a representation (and groups) from frames without labels.

    Give the same command again to continue after an interruption.

    Args:
        cohort: Folder of the cohort.
        method: pica, lsd, simclr, moco, dino, uscl, deepcluster or context-encoder.
        run: Name of the run; by default the method's.
        epochs: Passes over the exams, frames or clips.
        steps: Optimiser steps, instead of epochs.
        image_size: Pixels of a view.
        scale: paper: the paper's settings; small: for two cores and some hundred images; auto: small without a GPU.
        init: First weights: random, timm:NAME, the name of a run, or a file.
        split: Split whose part is used.
        part: Part to learn from, or all; by default the training part, or all frames when there is no split yet.
        precision: 32, bf16, or auto.
        devices: GPUs per computer (without a GPU: processes), or auto for one.
        nodes: Computers; start the command on each with torchrun or SLURM.
        tensorboard: Write the curves for TensorBoard too (they are always in metrics.jsonl and metrics.csv).
        seed: Same seed, same run.
        settings: Settings of the method, key=value.

    Returns:
        How it went, and where the weights are.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.methods import registry

    entry = registry.find(method, "pretrain")
    given = registry.with_options(settings, epochs=epochs, steps=steps, image_size=image_size)
    registry.config_of(method, given)  # a misspelt setting is told before anything heavy is loaded
    opened = Cohort.open(cohort)

    from sonosift.machine import progress
    from sonosift.nets.initial_weights import initialise
    from sonosift.training.begin_run import begin_run, held
    from sonosift.training.cohort_frames import frames_without_labels, load_canvas, rows_of, weights_of
    from sonosift.training.curves import write_curves
    from sonosift.training.finished_run import new_method, save_networks
    from sonosift.training.fit import fit
    from sonosift.training.fit_plan import FitPlan
    from sonosift.training.kept_best import validation_of
    from sonosift.training.knn_watch import knn_watch
    from sonosift.training.precision import choose_precision, training_device
    from sonosift.training.predict import predict
    from sonosift.training.processes import end_processes, start_processes
    from sonosift.training.run_pictures import save_pictures
    from sonosift.training.scale import is_small
    from sonosift.training.told_about_frames import told_about

    device = training_device()
    values = registry.config_of(method, given, small=is_small(scale, device)).model_dump(mode="json")
    weights = weights_of(opened, init)
    rows, learnt_part = frames_without_labels(opened, split, part)
    frame_ids = rows["frame_id"].to_list()
    told = told_about(entry.needs, opened, rows, values, seed)
    chosen = choose_precision(precision, device)
    network = new_method(method, values, told.facts, seed=seed)
    processes = start_processes(chosen, devices, nodes, several_turns=len(network.turns()) > 1)
    sampler = network.sampler(rows_of(rows), seed)
    total = values["steps"] or values["epochs"] * sampler.steps_per_epoch
    keeps_best = validation_of(opened, network, values, entry.needs, split, learnt_part, chosen, seed)
    looks = max(10, total // 10 // 10 * 10)
    plan = FitPlan(
        steps=total,
        seed=seed,
        precision=chosen,
        look_every=looks,
        validate_every=max(1, min(looks, total)) if keeps_best else 0,
    )
    config = {
        "command": "pretrain",
        "method": method,
        "settings": values,
        "facts": told.facts,
        "init": init,
        "split": None if learnt_part == "all" else split,
        "part": learnt_part,
        "precision": chosen,
        "seed": seed,
    }
    folder = begin_run(opened, run or method, config, frame_ids, processes)
    if folder.finished:
        return PretrainSummary(**folder.summary())
    with held(folder, processes):
        initialise(network.backbone, weights)
        network.weights_filled()
        frames = load_canvas(opened, frame_ids, values["image_size"])
        result = fit(
            network,
            frames,
            sampler,
            plan,
            folder,
            targets=told.targets,
            validate=keeps_best,
            watch=knn_watch(opened, rows, frames, values["image_size"], chosen),
            processes=processes,
        )
        end_processes(processes)
        figures: dict[str, Any] = {key: value for row in folder.metrics() for key, value in row.items()}
        summary = PretrainSummary(
            run=folder.name,
            method=method,
            frames=len(frame_ids),
            exams=rows["exam"].n_unique(),
            image_size=values["image_size"],
            precision=chosen,
            steps=result.steps,
            seconds=round(result.seconds, 1),
            images_per_second=round(result.images / max(result.seconds, 1e-9), 1),
            loss=figures["loss"],
            filled_clusters=int(figures["filled_clusters"]) if "filled_clusters" in figures else None,
            effective_rank=figures.get("effective_rank"),
            knn_average_precision=figures.get("knn_average_precision"),
            best_step=result.best_step,
            warnings=result.warnings,
            model=str(folder.model_path),
        )
        if processes.is_global_zero:
            save_networks(network, folder)
            all_ids = opened.frames.frame_ids
            found = predict(network, load_canvas(opened, all_ids, values["image_size"]), chosen, title="embed")
            folder.save_embeddings(all_ids, found.features)
            save_pictures(network, folder, opened, split, learnt_part)
            write_curves(folder, tensorboard=tensorboard)
            folder.finish(**summary.model_dump(mode="json"))
            for line in result.warnings:
                progress.notice(line)
    return summary
