"""``sonosift train``: train a classifier from the labels that there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sonosift.commands.summary import Summary


class TrainSummary(Summary):
    """How a training from labels went.

    Attributes:
        run: Name of the run.
        method: Its method.
        init: Where its first weights came from.
        training_frames: Labelled frames it learnt from.
        training_exams: Their exams.
        validation_frames: Labelled frames that chose the weights and thresholds.
        image_size: Pixels of a view.
        steps: Optimiser steps taken.
        best_step: The step whose weights were kept.
        validation_weighted_f1: Support-weighted F1 of those weights on the validation frames.
        thresholds: One per label, fitted on the validation frames; none where every image has one label.
        temperature: What logits are to be divided by before a probability is stated, fitted on the validation frames.
        ece: Expected calibration error on the validation frames without it.
        ece_tempered: The same with it; on the frames that it was fitted on.
        sources: How many labels came from where.
        unlabelled_frames: Frames that it saw without their labels.
        seconds: Time spent training.
        images_per_second: Images seen per second, augmentation and validation included.
        predictions: The file with one probability per frame and label, for all frames.
        model: The weights of the backbone.
    """

    run: str
    method: str
    init: str
    training_frames: int
    training_exams: int
    validation_frames: int
    image_size: int
    steps: int
    best_step: int
    validation_weighted_f1: float
    thresholds: dict[str, float]
    temperature: float
    ece: float
    ece_tempered: float
    sources: dict[str, int]
    unlabelled_frames: int
    seconds: float
    images_per_second: float
    predictions: str
    model: str


def train(
    cohort: str | Path,
    *,
    method: str = "supervised",
    run: str | None = None,
    init: str = "random",
    split: str = "default",
    label_fraction: float = 1.0,
    labels_from: str = "people",
    groups_of: str | None = None,
    unjudged: bool = False,
    epochs: int | None = None,
    steps: int | None = None,
    image_size: int | None = None,
    scale: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    settings: dict[str, Any] | None = None,
) -> TrainSummary:
    """Train a classifier from the labels that there are, and predict every frame of the cohort.

    Give the same command again to continue after an interruption.

    Args:
        cohort: Folder of the cohort.
        method: supervised, probe, fixmatch-one-head, fixmatch-two-head, fixmatch, mixmatch, pi or temporal-ensembling.
        run: Name of the run; by default made of the method and the first weights.
        init: First weights: random, timm:NAME, the name of a run, or a file.
        split: Split by patient; the one called default is made if there is none.
        label_fraction: Share of the labelled training frames to use, in whole exams.
        labels_from: Sources of labels with their weights, the first that knows a frame wins: people,group=0.5; also
            burnt_in, weak, expert, csv, truth, manifest, adjudication.
        groups_of: Run whose named groups the source group speaks of, if there are several.
        unjudged: Go on when no validation frame has one of the labels that are learnt: nothing is judged or fitted for
            it, and its threshold is 0.5. Otherwise that is an error.
        epochs: At most so many passes over the labelled exams.
        steps: At most so many optimiser steps, instead of epochs.
        image_size: Pixels of a view; by default that of the run in init.
        scale: paper: the paper's settings; small: for two cores and some hundred images; auto: small without a GPU.
        precision: 32, bf16, or auto.
        seed: Same seed, same run.
        settings: Settings of the method, key=value.

    Returns:
        How it went, and where weights and predictions are.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.splits import DEFAULT_NAME
    from sonosift.methods import registry

    entry = registry.find(method, "train")
    given = registry.with_options(settings, epochs=epochs, steps=steps, image_size=image_size)
    registry.config_of(method, given)  # a misspelt setting is told before anything heavy is loaded
    opened = Cohort.open(cohort)

    import polars as pl

    from sonosift.machine import atomic
    from sonosift.metrics.calibration import expected_calibration_error, tempered
    from sonosift.metrics.temperature import fit_temperature
    from sonosift.metrics.thresholds import fit_thresholds
    from sonosift.nets.initial_weights import initialise
    from sonosift.training.begin_run import begin_run, held
    from sonosift.training.cohort_frames import load_canvas, settings_of, weights_of
    from sonosift.training.curves import write_curves
    from sonosift.training.finished_run import new_method, save_networks
    from sonosift.training.fit import fit
    from sonosift.training.fit_plan import FitPlan
    from sonosift.training.label_sources import parsed_sources
    from sonosift.training.labelled_frames import (
        items_of,
        judging_part,
        label_facts,
        labelled_part,
        part_of_labels,
        tell_missing,
    )
    from sonosift.training.precision import choose_precision, training_device
    from sonosift.training.predict import predict, probabilities
    from sonosift.training.processes import start_processes
    from sonosift.training.scale import is_small
    from sonosift.training.validation import validate_on

    device = training_device()
    # Weights fit one backbone, and features the scale they were learnt at.
    inherited = settings_of(opened, init, ("backbone", "channels", "scaling", "image_size"))
    values = registry.config_of(method, inherited | given, small=is_small(scale, device)).model_dump(mode="json")
    weights = weights_of(opened, init)
    if split == DEFAULT_NAME and split not in opened.splits.names():
        opened.splits.make(seed=seed)
    names = opened.settings.label_space.names
    sources = parsed_sources(labels_from)
    learn = part_of_labels(opened, labelled_part(opened, split, "train", sources, groups_of), label_fraction, seed)
    judge = judging_part(opened, split, sources, groups_of)
    tell_missing(opened, learn, judge, allowed=unjudged)

    items = items_of(opened, split, learn, values["unlabelled_images"] if entry.needs == "unlabelled" else None)
    facts = label_facts(opened, learn, len(items.frame_ids), values)
    network = new_method(method, values, facts, seed=seed)
    planned = network.sampler(items.rows, seed)
    steps_in_all = values["steps"] or values["epochs"] * planned.steps_per_epoch
    plan = FitPlan(
        steps=steps_in_all,
        seed=seed,
        precision=choose_precision(precision, device),
        validate_every=min(values["steps_between_validations"] or planned.steps_per_epoch, steps_in_all),
        patience=values["patience"],
        least_validations=values["least_validations"],
    )
    config = {
        "command": "train",
        "method": method,
        "settings": values,
        "facts": facts,
        "label_names": list(names),
        "init": init,
        "split": split,
        "part": "train",
        "label_fraction": label_fraction,
        "labels_from": sources,
        "groups_of": groups_of,
        "precision": plan.precision,
        "seed": seed,
    }
    default_name = f"{method}-from-{Path(init.replace(':', '-')).stem}"
    processes = start_processes(plan.precision)
    folder = begin_run(opened, run or default_name, config, items.frame_ids, processes)
    if folder.finished:
        return TrainSummary(**folder.summary())
    with held(folder, processes):
        size = values["image_size"]
        initialise(network.backbone, weights)
        network.weights_filled()
        judge_frames = load_canvas(opened, judge.frame_ids, size)
        result = fit(
            network,
            load_canvas(opened, items.frame_ids, size),
            planned,
            plan,
            folder,
            targets=items.targets,
            validate=validate_on(judge_frames, judge.truth, plan.precision),
            processes=processes,
        )
        network.settle()
        save_networks(network, folder)
        logits = predict(network, judge_frames, plan.precision).logits
        judged = probabilities(network, logits)
        temperature = fit_temperature(judge.truth, logits, one_answer=network.one_hot)
        # One answer per image is the likeliest: nothing is cut.
        thresholds = (
            {} if network.one_hot else dict(zip(names, fit_thresholds(judge.truth, judged).tolist(), strict=True))
        )
        all_ids = opened.frames.frame_ids
        found = predict(network, load_canvas(opened, all_ids, size), plan.precision, title="predict")
        folder.save_embeddings(all_ids, found.features)
        with atomic.replacing(folder.path / "training_frames.parquet") as temporary:
            pl.DataFrame({"frame_id": learn.frame_ids, "source": learn.sources, "weight": learn.weights}).write_parquet(
                temporary
            )
        predictions = folder.path / "predictions.parquet"
        columns = dict(zip(names, probabilities(network, found.logits).T, strict=True))
        with atomic.replacing(predictions) as temporary:
            pl.DataFrame({"frame_id": all_ids, **columns}).write_parquet(temporary)
        summary = TrainSummary(
            run=folder.name,
            method=method,
            init=init,
            training_frames=len(learn.frame_ids),
            training_exams=len(set(learn.exams)),
            validation_frames=len(judge.frame_ids),
            image_size=size,
            steps=result.steps,
            best_step=result.best_step or 0,
            validation_weighted_f1=result.best_score or 0.0,
            thresholds=thresholds,
            temperature=temperature,
            ece=expected_calibration_error(judge.truth, judged),
            ece_tempered=expected_calibration_error(
                judge.truth, tempered(judged, temperature, one_answer=network.one_hot)
            ),
            sources={name: learn.sources.count(name) for name in dict.fromkeys(learn.sources)},
            unlabelled_frames=len(items.frame_ids) - len(learn.frame_ids),
            seconds=round(result.seconds, 1),
            images_per_second=round(result.images / max(result.seconds, 1e-9), 1),
            predictions=str(predictions),
            model=str(folder.model_path),
        )
        write_curves(folder)
        folder.finish(**summary.model_dump(mode="json"))
    return summary
