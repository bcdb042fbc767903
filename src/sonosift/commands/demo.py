"""``sonosift demo``: `run` on a simulated hospital, with the simulator's truth playing the expert."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from sonosift.commands.ingest import ingest
from sonosift.commands.phantom import phantom
from sonosift.commands.run import RunSummary, run
from sonosift.commands.simulated_expert import annotate_from_truth

# More for testing than usual: with a handful of test patients every interval would be wide.
SHARES = {"train": 0.55, "validation": 0.2, "test": 0.25}


class DemoSummary(RunSummary):
    """What the demo found; every result in it is a result on simulated images.

    Attributes:
        hospital: Folder of the simulated hospital.
        expert_labels: Frames that the simulated expert labelled.
    """

    hospital: str
    expert_labels: int

    def describe(self) -> str:
        """Return what was found, where to look, and what it is worth."""
        return "\n".join(
            [
                f"\nA simulated hospital of {self.patients} patients; a simulated expert labelled {self.expert_labels} "
                f"of {self.frames} frames. These are phantom results: they say nothing about patients.",
                super().describe(),
                f"Images and truth of the hospital: {self.hospital}",
            ]
        )


def demo(
    out: str | Path = "demo",
    *,
    patients: int = 30,
    label_fraction: float = 0.6,
    method: str = "lsd",
    workers: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
) -> DemoSummary:
    """Simulate a hospital and sift it, from archive to report.

    Give the same command again to continue after an interruption.

    Args:
        out: Folder for the simulated hospital and its cohort.
        patients: Patients to invent.
        label_fraction: Share of the training frames that the simulated expert labels, in whole exams; validation
            and test are labelled whole.
        method: Way of learning without labels: pica or lsd.
        workers: Processes; one per core by default.
        epochs: Passes over the exams, in pretraining and in training; by default as the scale has it.
        seed: Same seed, same hospital, same pseudonyms, same result.

    Returns:
        What was found, and where the report is.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.private import Private, private_path_of

    folder = Path(out)
    hospital, cohort = folder / "hospital", folder / "cohort"
    started = time.perf_counter()
    if not (hospital / "truth" / "hospital.json").exists():
        phantom(hospital, patients=patients, seed=seed, workers=workers)
    simulated = time.perf_counter()
    # A key that anyone can know: the patients are invented, and the demo should come out the same twice.
    Private(private_path_of(cohort)).create(key=hashlib.sha256(f"sonosift demo {seed}".encode()).digest())
    ingest(hospital / "archive", cohort, workers=workers)
    opened = Cohort.open(cohort)
    split = opened.splits.make(SHARES, seed=seed)
    asked = opened.splits.label_fraction(split.frame_ids("train"), label_fraction, seed)
    annotate_from_truth(opened, hospital / "truth", [*asked, *split.frame_ids("validation"), *split.frame_ids("test")])
    prepared = time.perf_counter()
    found = run(hospital / "archive", cohort, method=method, workers=workers, epochs=epochs, seed=seed)
    spent = {"simulate": round(simulated - started, 1), "ingest and label": round(prepared - simulated, 1)}
    return DemoSummary(
        **found.model_dump() | {"seconds": spent | found.seconds},
        hospital=str(hospital),
        expert_labels=len(opened.annotations),
    )
