"""``sonosift evaluate``: judge a run on patients it never saw, beside the simple baselines."""

from __future__ import annotations

from pathlib import Path

from sonosift.commands.summary import Summary
from sonosift.evaluate.score_table import Leak


class EvaluateSummary(Summary):
    """The headline of an evaluation; everything else is in ``evaluation.json`` in the run's folder.

    Attributes:
        run: The run that was judged.
        split: Name of the split.
        part: The part it was judged on.
        frames: Labelled frames judged.
        patients: Their patients.
        weighted_f1: F1 averaged over labels by support.
        weighted_f1_low: Lower end of its 95 % interval over patients.
        weighted_f1_high: Upper end.
        best_baseline: The simple baseline with the highest weighted F1.
        best_baseline_f1: Its weighted F1.
        gain_low: Lower end of the 95 % interval of the difference to that baseline.
        gain_high: Upper end.
        per_label_f1: F1 of each label; null where it is undefined.
        purity: Purity of the run's groups, when it has any.
        weighted_average_precision: Average precision over labels by support, when the run gives probabilities.
        per_exam_f1: F1 over whole exams, averaged over labels by support.
        calibration_error: How far probabilities are from what they promise (expected calibration error).
        leak: With show_leak: the figure of a split by frame beside that by patient. Never quote the former.
        notes: What to keep in mind.
        evaluation: The file with everything.
    """

    run: str
    split: str
    part: str
    frames: int
    patients: int
    weighted_f1: float | None
    weighted_f1_low: float | None
    weighted_f1_high: float | None
    best_baseline: str
    best_baseline_f1: float | None
    gain_low: float | None
    gain_high: float | None
    per_label_f1: dict[str, float | None]
    purity: float | None
    weighted_average_precision: float | None
    per_exam_f1: float | None
    calibration_error: float | None
    leak: Leak | None
    notes: list[str]
    evaluation: str

    def describe(self) -> str:
        """Return the headline as sentences."""
        lines = [
            f"{self.run} on {self.frames} {self.part} frames of {self.patients} patients:",
            f"  weighted F1 {_interval(self.weighted_f1, self.weighted_f1_low, self.weighted_f1_high)}",
            f"  {self.best_baseline} (best simple baseline) {_number(self.best_baseline_f1)}; "
            f"difference {_number(self.gain_low)} to {_number(self.gain_high)}",
            "  " + ", ".join(f"{name} {_number(value)}" for name, value in self.per_label_f1.items()),
            f"  over whole exams {_number(self.per_exam_f1)}",
        ]
        if self.weighted_average_precision is not None:
            lines.append(f"  average precision {_number(self.weighted_average_precision)}")
        if self.calibration_error is not None:
            lines.append(f"  calibration error {_number(self.calibration_error)}")
        if self.leak is not None:
            by_frame, by_patient = _number(self.leak.by_frame), _number(self.leak.by_patient)
            lines.append(f"  LEAK, not a result: {self.leak.about} {by_frame} split by frame, {by_patient} by patient")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes), f"Written to {self.evaluation}"])


def evaluate(
    cohort: str | Path,
    *,
    run: str,
    split: str | None = None,
    part: str = "test",
    random_features: bool = False,
    show_leak: bool = False,
    draws: int = 1000,
    seed: int = 0,
) -> EvaluateSummary:
    """Judge a run on one part of the split, beside the simple baselines.

    Thresholds come from the validation part. Intervals resample patients. Nothing of the run is changed;
    the result is written into its folder and stands in the next report.

    Args:
        cohort: Folder of the cohort.
        run: Name of the run: a training, a clustering, or a pretraining.
        split: Split whose parts are used; by default the one that the run learnt by.
        part: Part to judge on: test or validation.
        random_features: Also judge the features of the same network with random weights.
        show_leak: Also show what a split by frame would have reported, marked as the leak that it is.
        draws: Resamples of patients for the 95 % intervals.
        seed: Draws the resamples; the same seed gives the same figures.

    Returns:
        The headline figures.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError
    from sonosift.evaluate.cohort_frames import cohort_frames
    from sonosift.evaluate.evaluate_run import evaluate_run, frames_to_embed
    from sonosift.evaluate.resampling import Resampling
    from sonosift.evaluate.run_lineage import (
        already_met,
        ancestors,
        refuse_judges_whose_labels_it_knows,
        split_of,
        training_frames,
    )
    from sonosift.evaluate.run_outputs import EVALUATION_FILE, RunOutputs
    from sonosift.machine import atomic

    if draws < 2:
        raise SonosiftError(f"draws = {draws} makes no interval", "Use at least 2; 1000 is a good number.")
    opened = Cohort.open(cohort)
    folder = opened.runs.get(run)
    lineage = (folder, *ancestors(opened, folder))
    split = split_of(opened, folder, split)
    frames = cohort_frames(opened, split)
    met = already_met(opened, lineage, frames.labelled(part).frame_ids)
    if not frames.leaking_patients:
        refuse_judges_whose_labels_it_knows(met, split, part)
    # A clustering without a network of its own has the very features of the run it came from; once is enough.
    same_features = "from_run" in folder.config and "settings" not in folder.config
    frozen = [] if same_features else [RunOutputs.read(ancestor) for ancestor in lineage[1:]]
    if random_features:
        from sonosift.evaluate.random_features import random_features as embed

        network = next((one for one in lineage if "settings" in one.config), folder)
        frozen.append(embed(opened, network, frames_to_embed(frames), seed))
    found = evaluate_run(
        RunOutputs.read(folder),
        frames,
        split=split,
        part=part,
        training_ids=training_frames(folder.path),
        frozen=frozen,
        met_test_patients=[one.run for one in met if not one.labelled],
        show_leak=show_leak,
        resampling=Resampling(draws, seed),
    )
    path = folder.path / EVALUATION_FILE
    atomic.write_text(path, found.model_dump_json(indent=2) + "\n")
    ours, difference = found.methods[0], found.differences[0]
    ranked, stated = ours.weighted_average_precision, found.calibration
    baselines = {method.name: method.weighted_f1.value for method in found.methods}
    return EvaluateSummary(
        run=run,
        split=split,
        part=part,
        frames=found.frames,
        patients=found.patients,
        weighted_f1=ours.weighted_f1.value,
        weighted_f1_low=ours.weighted_f1.low,
        weighted_f1_high=ours.weighted_f1.high,
        best_baseline=difference.baseline,
        best_baseline_f1=baselines[difference.baseline],
        gain_low=difference.weighted_f1.low,
        gain_high=difference.weighted_f1.high,
        per_label_f1={row.name: row.f1.value for row in ours.classes},
        purity=found.groups[0].purity.value if found.groups else None,
        weighted_average_precision=None if ranked is None else ranked.value,
        per_exam_f1=None if ours.exams is None else ours.exams.weighted_f1.value,
        calibration_error=None if stated is None else stated.shown_error,
        leak=found.leak,
        notes=found.notes,
        evaluation=str(path),
    )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    return f"{_number(value)} (95 % interval {_number(low)} to {_number(high)})"
