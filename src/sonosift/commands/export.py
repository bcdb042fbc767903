"""``sonosift export``: a finished run as files that others can run, checked by running them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sonosift.commands.summary import Summary

TARGETS = ("timm", "onnx", "bundle")


class ExportSummary(Summary):
    """What was exported.

    Attributes:
        run: The run.
        to: timm, onnx or bundle.
        kind: What it answers: classifier, groups or features.
        out: Where it lies.
        files: The files in it.
        megabytes: Their size.
        frames_checked: Frames that the export was run on.
        largest_difference: The largest difference to what the run itself answers for these.
        tolerance: What would have been allowed.
    """

    run: str
    to: str
    kind: str
    out: str
    files: list[str]
    megabytes: float
    frames_checked: int
    largest_difference: float
    tolerance: float

    def describe(self) -> str:
        """Return where it lies and how far it is from the run."""
        return "\n".join(
            [
                f"{self.run} ({self.kind}) as {self.to}: {self.out}",
                f"  {', '.join(self.files)}; {self.megabytes:.1f} MB",
                f"  run on {self.frames_checked} frames: the largest difference to the run is "
                f"{self.largest_difference:.2g} (allowed {self.tolerance:g})",
            ]
        )


def export(
    run: Path,
    *,
    to: str,
    out: Path | None = None,
    tolerance: float = 1e-4,
    false_alarms: float = 0.01,
    known: bool = True,
) -> ExportSummary:
    """Export a finished run for use elsewhere, with a model card, and check it by running it.

    Nothing is written where the export answers otherwise than the run.

    Args:
        run: Folder of the run: COHORT/runs/NAME. A training answers labels, a clustering groups, a pretraining
            features.
        to: timm: a checkpoint for timm.create_model; onnx: the network from frames to answers; bundle: a folder or zip
            for sonosift.export.bundle.load_bundle, with thresholds and what frames it knows.
        out: Where to write: a new folder or, for a bundle, a new file that ends in .zip; by default
            COHORT/runs/NAME/export/TARGET.
        tolerance: Largest difference to the run that is allowed (features and logits: on the scale of their largest).
        false_alarms: Share of ordinary frames that may be flagged as unlike the training.
        known: Put the features of the frames that the run has learnt from into a bundle: without them nothing is
            flagged.

    Returns:
        Where it is, and how far it is from the run.
    """
    from sonosift.errors import SonosiftError, unknown_name

    if to not in TARGETS:
        raise unknown_name("target", to, TARGETS)
    if not tolerance > 0:
        raise SonosiftError(f"tolerance is {tolerance}", "Use a small number above 0, such as 1e-4.")
    if out is not None and out.suffix == ".zip" and to != "bundle":
        raise SonosiftError(f"{out} is to be a zip, which only a bundle can be", "Name a folder.")

    from sonosift.export.write_export import write_export
    from sonosift.prediction.trained_run import cohort_and_run

    cohort, folder = cohort_and_run(run)
    place = out or folder.path / "export" / to
    target: Any = to
    written = write_export(cohort, folder, target, place, tolerance=tolerance, false_alarms=false_alarms, known=known)
    return ExportSummary(
        run=folder.name,
        to=to,
        kind=written.description.kind,
        out=str(place),
        files=written.files,
        megabytes=round(written.bytes / 1e6, 3),
        frames_checked=written.frames_checked,
        largest_difference=written.largest_difference,
        tolerance=tolerance,
    )
