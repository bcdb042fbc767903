"""``sonosift run``: the whole story, from an archive to a report, with good defaults."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sonosift.commands.cluster import cluster
from sonosift.commands.evaluate import EvaluateSummary, evaluate
from sonosift.commands.ingest import ingest
from sonosift.commands.label import label
from sonosift.commands.match import match
from sonosift.commands.pretrain import pretrain
from sonosift.commands.report import report
from sonosift.commands.summary import Summary
from sonosift.commands.train import train
from sonosift.errors import SonosiftError

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

Result = TypeVar("Result", bound=Summary)


class RunSummary(Summary):
    """What the whole story found.

    Attributes:
        cohort: Folder of the cohort.
        patients: Patients in it.
        frames: Frames in it.
        needs_review: Frames held back.
        quarantined: Files that could not be read.
        groups: Groups with at least one frame.
        groups_f1: Weighted F1 of the groups matched to labels (Algorithm 1), on test patients.
        classifier_f1: Weighted F1 of the fine-tuned classifier, on test patients.
        best_baseline: The best of the simple baselines.
        best_baseline_f1: Its weighted F1.
        findings: What was found, in sentences.
        report: The page.
        seconds: How long each step took in this call.
    """

    cohort: str
    patients: int
    frames: int
    needs_review: int
    quarantined: int
    groups: int
    groups_f1: float | None
    classifier_f1: float | None
    best_baseline: str | None
    best_baseline_f1: float | None
    findings: list[str]
    report: str
    seconds: dict[str, float]

    def describe(self) -> str:
        """Return what was found and where to look."""
        lines = [f"* {finding}" for finding in self.findings]
        spent = ", ".join(f"{step} {seconds:.0f} s" for step, seconds in self.seconds.items())
        lines.append(f"\nTime: {spent}; {sum(self.seconds.values()):.0f} s in all.")
        if self.classifier_f1 is None:
            lines.append("Label some frames of at least a dozen patients (sonosift label) and run again to go on.")
        lines.append(f"Look at {self.report} in a browser (it needs no network).")
        return "\n".join(lines)


def run(
    archive: str | Path,
    cohort: str | Path,
    *,
    labels: Path | None = None,
    method: str = "lsd",
    size: int | str = 256,
    workers: int | None = None,
    scale: str = "auto",
    epochs: int | None = None,
    seed: int = 0,
) -> RunSummary:
    """Go from an archive to a report: ingest, pretrain, cluster, and as far as there are labels, train and evaluate.

    Give the same command again to continue after an interruption, or after labelling.

    Args:
        archive: Folder with DICOM files, videos and stills; never changed.
        cohort: Folder of the cohort; made if it does not exist.
        labels: A CSV table of labels, as for `sonosift label`.
        method: Way of learning without labels: pica or lsd.
        size: Size of the stored frames in pixels: a side, or HEIGHTxWIDTH.
        workers: Decoding processes; one per core by default.
        scale: paper, small, or auto: small without a GPU.
        epochs: Passes over the exams, in pretraining and in training; by default as the scale has it.
        seed: Same seed, same result.

    Returns:
        What was found, and where the report is.
    """
    from sonosift.cohort.cohort import Cohort

    steps = _Steps()
    taken = steps("ingest", lambda: ingest(archive, cohort, size=size, workers=workers))
    if taken.frames == 0:
        raise SonosiftError(
            f"no frame of {archive} could be kept",
            f"`sonosift inspect {cohort}` says why: {taken.needs_review} held back, {taken.quarantined} quarantined.",
        )
    opened = Cohort.open(cohort)
    opened.splits.make(seed=seed)
    if labels is not None:
        steps("label", lambda: label(cohort, labels))
    learnt = steps("pretrain", lambda: pretrain(cohort, method=method, scale=scale, epochs=epochs, seed=seed))
    grouped = steps("cluster", lambda: cluster(cohort, from_run=learnt.run, seed=seed))
    of_groups: EvaluateSummary | None = None
    of_classifier: EvaluateSummary | None = None
    if _labelled_everywhere(opened):
        steps("match groups with labels", lambda: match(cohort, grouped.run, seed=seed))
        of_groups = steps("evaluate groups", lambda: evaluate(cohort, run=grouped.run))
        # Unattended: a rare label without validation frames is told, and does not stop the rest.
        trained = steps(
            "train",
            lambda: train(cohort, init=learnt.run, scale=scale, epochs=epochs, seed=seed, unjudged=True),
        )
        of_classifier = steps("evaluate classifier", lambda: evaluate(cohort, run=trained.run))
    page = steps("report", lambda: report(cohort))
    return RunSummary(
        cohort=str(opened.path),
        patients=taken.patients,
        frames=taken.frames,
        needs_review=taken.needs_review,
        quarantined=taken.quarantined,
        groups=grouped.filled_groups,
        groups_f1=of_groups.weighted_f1 if of_groups else None,
        classifier_f1=of_classifier.weighted_f1 if of_classifier else None,
        best_baseline=of_classifier.best_baseline if of_classifier else None,
        best_baseline_f1=of_classifier.best_baseline_f1 if of_classifier else None,
        findings=page.findings,
        report=page.report,
        seconds=steps.seconds,
    )


class _Steps:
    """Says which step begins, and remembers how long each took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, step: Callable[[], Result]) -> Result:
        from sonosift.machine import progress

        progress.notice(f"── {name}")
        started = time.perf_counter()
        result = step()
        self.seconds[name] = round(time.perf_counter() - started, 1)
        return result


def _labelled_everywhere(cohort: Cohort) -> bool:
    """Say whether every part of the split has labelled frames: without them nothing can be trained or judged."""
    split = cohort.splits.get()
    return all(
        cohort.annotations.label_matrix(rows["frame_id"].to_list(), clips=rows["clip"].to_list()).known.any()
        for rows in (split.catalog(part) for part in ("train", "validation", "test"))
    )
