"""``sonosift explain``: where a trained network looks, as one sheet of Grad-CAM pictures per label."""

from __future__ import annotations

from pathlib import Path

from sonosift.commands.summary import Summary


class ExplainSummary(Summary):
    """The sheets that were drawn.

    Attributes:
        run: The run that was explained.
        part: The part of the split whose frames are shown.
        frames: How many frames each label's sheet shows: those with the highest probability.
        right: How many of them carry the label, of those that an expert labelled.
        judged: How many of them an expert labelled.
        sheets: The file of each label.
    """

    run: str
    part: str
    frames: dict[str, int]
    right: dict[str, int]
    judged: dict[str, int]
    sheets: dict[str, str]


def explain(
    cohort: str | Path, *, run: str, split: str | None = None, part: str = "test", per_label: int = 12
) -> ExplainSummary:
    """Draw where a trained network looks, on the frames that it is surest of.

    Each pair shows the view as the network saw it, and the same view coloured by Grad-CAM for the label.

    Args:
        cohort: Folder of the cohort.
        run: Name of a run of train.
        split: Split whose part is shown; by default the one that the run learnt by.
        part: Part whose frames are shown; the network should not have learnt from them.
        per_label: Frames per label.

    Returns:
        The sheets, and how many of their frames are right.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError

    if per_label < 1:
        raise SonosiftError(f"per_label is {per_label}", "Use 1 or more.")
    opened = Cohort.open(cohort)
    folder = opened.runs.get(run)
    names = folder.config.get("label_names")
    if not folder.finished or names is None:
        raise SonosiftError(f"run {run!r} answers no label", "Name a finished run of sonosift train.")

    import cv2
    import numpy as np
    import polars as pl
    import torch

    from sonosift.batches.random_views import centre_view
    from sonosift.evaluate.cohort_frames import cohort_frames
    from sonosift.evaluate.run_lineage import split_of
    from sonosift.evaluate.run_outputs import RunOutputs
    from sonosift.explain.grad_cam import grad_cam
    from sonosift.explain.overlay import sheet
    from sonosift.machine import atomic, progress
    from sonosift.training.cohort_frames import load_canvas
    from sonosift.training.finished_run import load_method
    from sonosift.training.precision import training_device

    split = split_of(opened, folder, split)
    table = cohort_frames(opened, split)
    there = table.table.filter(pl.col("part") == part)["frame_id"].to_list()
    if not there:
        raise SonosiftError(f"part {part!r} of split {split!r} holds no frame", "Use train, validation or test.")
    scores = RunOutputs.read(folder).scores(there, names)
    labelled = table.labelled(part)
    truth = dict(zip(labelled.frame_ids, labelled.truth, strict=True))
    device = training_device()
    network = load_method(folder).to(device)
    out = folder.path / "explain"
    out.mkdir(exist_ok=True)
    summary = ExplainSummary(run=run, part=part, frames={}, right={}, judged={}, sheets={})
    for column, label in enumerate(progress.track(names, "explain", unit="labels")):
        chosen = [there[place] for place in np.argsort(-scores[:, column], kind="stable")[:per_label]]
        frames = load_canvas(opened, chosen, network.image_size).gather(np.arange(len(chosen))).to(device)
        views = centre_view(frames, network.image_size)
        heat = grad_cam(network, views, torch.full((len(chosen),), column))
        page = sheet(list(views[:, 0].cpu().numpy()), list(heat.cpu().numpy()), pairs_per_row=3)
        file = out / f"{label}.png"
        atomic.write_bytes(file, cv2.imencode(".png", page)[1].tobytes())
        judged = [frame_id for frame_id in chosen if frame_id in truth]
        place = table.names.index(label)
        summary.frames[label], summary.judged[label] = len(chosen), len(judged)
        summary.right[label] = int(sum(truth[frame_id][place] for frame_id in judged))
        summary.sheets[label] = str(file)
    return summary
