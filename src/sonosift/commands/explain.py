"""``sonosift explain``: where a trained network looks, as one sheet of Grad-CAM pictures per label.

With ``--text``, how much of that lies where text used to be, beside a control that saw the text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from sonosift.commands.summary import Summary
from sonosift.explain.text_share import TextShare

TEXT_SHEET = "where text stood.png"

if TYPE_CHECKING:
    import polars as pl

    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.run_folder import RunFolder
    from sonosift.methods.method import Method


class ExplainSummary(Summary):
    """The sheets that were drawn.

    Attributes:
        run: The run that was explained.
        part: The part of the split whose frames are shown.
        frames: How many frames each label's sheet shows: those with the highest probability.
        right: How many of them carry the label, of those that an expert labelled.
        judged: How many of them an expert labelled.
        sheets: The file of each label.
        text: With --text, how much of the attention lies where text stands or stood, for each network on both kinds of
            pictures.
        text_sheet: With --text, where it looks on the frames with the most text, and where that stood.
        control_sheet: With --text, where the control looks. It shows pictures with their text: it is IDENTIFYING.
    """

    run: str
    part: str
    frames: dict[str, int]
    right: dict[str, int]
    judged: dict[str, int]
    sheets: dict[str, str]
    text: list[TextShare] = Field(default_factory=list)
    text_sheet: str | None = None
    control_sheet: str | None = None

    def describe(self) -> str:
        """Return the sheets, and the shares as sentences."""
        lines = [
            f"{label}: {self.right[label]} of {self.judged[label]} judged frames are right; {self.sheets[label]}"
            for label in self.sheets
        ]
        lines += [share.describe() for share in self.text]
        if self.text_sheet is not None:
            lines.append(f"where text used to be: {self.text_sheet}")
        if self.control_sheet is not None:
            lines.append(f"IDENTIFYING, it shows pictures with their text: {self.control_sheet}")
        return "\n".join(lines)


def explain(
    cohort: str | Path,
    *,
    run: str,
    split: str | None = None,
    part: str = "test",
    per_label: int = 12,
    text: bool = False,
) -> ExplainSummary:
    """Draw where a trained network looks, on the frames that it is surest of, one of each clip.

    Each pair shows the view as the network saw it, and the same view coloured by Grad-CAM for the label.

    Args:
        cohort: Folder of the cohort.
        run: Name of a run of train.
        split: Split whose part is shown; by default the one that the run learnt by.
        part: Part whose frames are shown; the network should not have learnt from them.
        per_label: Most frames per label.
        text: Also measure how much of its attention lies where text used to be, beside the same classifier trained on
            frames that still have their text (in COHORT.private; needs `sonosift ingest --keep-uncleaned`).

    Returns:
        The sheets, and how many of their frames are right.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError

    if per_label < 1:
        raise SonosiftError(f"per_label is {per_label}", "Use 1 or more.")
    opened = Cohort.open(cohort)
    folder = opened.runs.get(run)
    if not folder.finished or folder.config.get("label_names") is None:
        raise SonosiftError(f"run {run!r} answers no label", "Name a finished run of sonosift train.")

    import polars as pl

    from sonosift.evaluate.cohort_frames import cohort_frames
    from sonosift.evaluate.run_lineage import split_of
    from sonosift.training.finished_run import load_method
    from sonosift.training.precision import training_device

    split = split_of(opened, folder, split)
    table = cohort_frames(opened, split)
    rows = table.table.filter(pl.col("part") == part)
    if rows.is_empty():
        raise SonosiftError(f"part {part!r} of split {split!r} holds no frame", "Use train, validation or test.")
    labelled = table.labelled(part)
    truth = dict(zip(labelled.frame_ids, labelled.truth, strict=True))
    network = load_method(folder).to(training_device())
    (folder.path / "explain").mkdir(exist_ok=True)
    summary = _sheets(opened, folder, network, rows, truth, per_label)
    summary.part = part
    return _with_text(summary, opened, folder, network, rows) if text else summary


def _sheets(
    cohort: Cohort, run: RunFolder, network: Method, rows: pl.DataFrame, truth: dict[str, Any], per_label: int
) -> ExplainSummary:
    import cv2
    import numpy as np
    import torch

    from sonosift.batches.random_views import centre_view
    from sonosift.evaluate.run_outputs import RunOutputs
    from sonosift.explain.grad_cam import grad_cam
    from sonosift.explain.overlay import sheet
    from sonosift.explain.surest_frames import surest_of_clips
    from sonosift.machine import atomic, progress
    from sonosift.training.cohort_frames import load_canvas

    names = run.config["label_names"]
    frame_ids, clips = rows["frame_id"].to_list(), rows["clip"].to_list()
    scores = RunOutputs.read(run).scores(frame_ids, names)
    summary = ExplainSummary(run=run.name, part="", frames={}, right={}, judged={}, sheets={})
    for column, label in enumerate(progress.track(names, "explain", unit="labels")):
        chosen = [frame_ids[place] for place in surest_of_clips(scores[:, column], clips, per_label)]
        frames = load_canvas(cohort, chosen, network.image_size).gather(np.arange(len(chosen)))
        views = centre_view(frames.to(next(network.parameters()).device), network.image_size)
        heat = grad_cam(network, views, torch.full((len(chosen),), column))
        page = sheet(list(views[:, 0].cpu().numpy()), list(heat.cpu().numpy()), pairs_per_row=3)
        file = run.path / "explain" / f"{label}.png"
        atomic.write_bytes(file, cv2.imencode(".png", page)[1].tobytes())
        judged = [frame_id for frame_id in chosen if frame_id in truth]
        place = cohort.settings.label_space.index(label)
        summary.frames[label], summary.judged[label] = len(chosen), len(judged)
        summary.right[label] = int(sum(truth[frame_id][place] for frame_id in judged))
        summary.sheets[label] = str(file)
    return summary


def _with_text(
    summary: ExplainSummary, cohort: Cohort, run: RunFolder, network: Method, rows: pl.DataFrame
) -> ExplainSummary:
    """Train the control if it is not there yet, and measure both networks on both kinds of pictures."""
    import json

    import cv2

    from sonosift.cohort.uncleaned_twin import uncleaned_twin
    from sonosift.explain.text_check import text_frames, text_shares, text_sheet
    from sonosift.machine import atomic, progress
    from sonosift.training.finished_run import load_method
    from sonosift.training.precision import training_device

    twin = uncleaned_twin(cohort)
    frames = text_frames(cohort, twin, rows)
    progress.notice("the control: the same training on frames that still have their text")
    control_run = twin.runs.get(_train_control(cohort, twin, run))
    control = load_method(control_run).to(training_device())
    summary.text = text_shares([("cleaned", network), ("uncleaned", control)], frames, training_device())
    content = json.dumps([share.model_dump() for share in summary.text], indent=1) + "\n"
    atomic.write_text(run.path / "explain" / "text.json", content)
    summary.text_sheet = str(run.path / "explain" / TEXT_SHEET)
    summary.control_sheet = str(control_run.path / TEXT_SHEET)
    for place, one, cleaned in ((summary.text_sheet, network, True), (summary.control_sheet, control, False)):
        page = text_sheet(one, frames, training_device(), cleaned=cleaned)
        atomic.write_bytes(Path(place), cv2.imencode(".png", page)[1].tobytes())
    return summary


def _train_control(cohort: Cohort, twin: Cohort, run: RunFolder) -> str:
    """Train in the twin what the run is in the cohort, and return its name."""
    from sonosift.commands.train import train

    config = run.config
    # A run of the cohort is a file to the twin, which has runs of its own.
    first = config["init"]
    weights = str(cohort.runs.get(first).model_path) if first in cohort.runs.names() else first
    return train(
        twin.path,
        method=config["method"],
        run=f"{run.name}-with-text",
        init=weights,
        split=config["split"],
        label_fraction=config["label_fraction"],
        labels_from=",".join(f"{source}={weight}" for source, weight in config["labels_from"].items()),
        groups_of=config["groups_of"],
        unjudged=True,
        precision=config["precision"].partition("-")[0],
        seed=config["seed"],
        settings=config["settings"],
    ).run
