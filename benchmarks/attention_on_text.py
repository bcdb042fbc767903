"""FUSC's check of cleaning with a positive control: where two classifiers look, one of which saw the text.

    python -m benchmarks.attention_on_text WORK --patients 40 --seed 5

Simulates a hospital, ingests it with ``--keep-uncleaned``, lets the truth label every frame, trains one classifier on
the cleaned frames and one, with identical settings, on the same frames with their text, and prints how much of the
attention (Grad-CAM of the likeliest answer) lies where text stands or stood, against the share of the view that text
takes; intervals resample patients. F1 on both kinds of test frames says how much each of them leans on text.

WORK keeps everything, so that a killed run goes on; its private folder holds pictures with text.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from sonosift import api
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.uncleaned_twin import uncleaned_twin
from sonosift.commands.simulated_expert import annotate_from_truth
from sonosift.evaluate.cohort_frames import cohort_frames
from sonosift.metrics.f1 import class_scores
from sonosift.prediction.trained_run import TrainedRun

RUN = "organs"
SETTINGS = {
    "backbone": "resnet10t",
    "exams_per_batch": 8,
    "max_images_per_exam": 6,
    "learning_rate": 1e-3,
    "steps_between_validations": 50,
    "patience": None,
}


def main() -> None:
    """Run the experiment and print its tables."""
    given = _arguments()
    hospital, folder = given.work / "hospital", given.work / "cohort"
    if not (hospital / "truth" / "frames.parquet").exists():
        api.phantom(hospital, patients=given.patients, seed=given.seed, workers=given.workers)
    api.ingest(hospital / "archive", folder, size=given.size, keep_uncleaned=True, workers=given.workers)
    cohort = Cohort.open(folder)
    cohort.splits.make({"train": 0.5, "validation": 0.15, "test": 0.35}, seed=given.seed)
    annotate_from_truth(cohort, hospital / "truth", cohort.frames.frame_ids)
    api.train(
        folder, run=RUN, steps=given.steps, image_size=given.image_size, seed=given.seed, settings=SETTINGS,
        unjudged=True,
    )  # fmt: skip
    found = api.explain(folder, run=RUN, text=True)
    sizes = cohort.splits.get().sizes()
    print(
        f"{given.patients} simulated patients (seed {given.seed}); {sizes['train']['frames']} frames of "
        f"{sizes['train']['patients']} patients to learn from, {sizes['test']['frames']} of "
        f"{sizes['test']['patients']} to judge on; {SETTINGS['backbone']} at {given.image_size} pixels, "
        f"{given.steps} steps, {given.size} pixels stored\n"
    )
    print("| trained on | asked about | attention on text | text's share of the view | difference | weighted F1 |")
    print("|---|---|---|---|---|---|")
    scores = _scores(cohort)
    for row in found.text:
        attention = f"{row.attention:.1%} ({row.attention_low:.1%} to {row.attention_high:.1%})"
        excess = f"{row.excess:+.1%} ({row.excess_low:+.1%} to {row.excess_high:+.1%})"
        f1 = scores[row.network, row.pictures]
        print(f"| {row.network} | {row.pictures} | {attention} | {row.area:.1%} | {excess} | {f1:.3f} |")
    first = found.text[0]
    print(
        f"\n{first.frames} test frames of {first.patients} patients show text; {first.without_text} show none. "
        f"Left out for want of attention: {', '.join(str(row.without_attention) for row in found.text)}."
    )


def _scores(cohort: Cohort) -> dict[tuple[str, str], float]:
    """Return the weighted F1 of each network on the test frames, with and without their text."""
    twin = uncleaned_twin(cohort)
    there = set(twin.frames.frame_ids)
    both = [frame_id for frame_id in cohort_frames(cohort).labelled("test").frame_ids if frame_id in there]
    test = cohort_frames(cohort).labelled("test", both)
    runs = {"cleaned": cohort.runs.get(RUN), "uncleaned": twin.runs.get(f"{RUN}-with-text")}
    pictures = {"cleaned": cohort, "uncleaned": twin}
    found = {}
    for network, run in runs.items():
        trained = TrainedRun.open(run.path, 0.01)
        for name, shown in pictures.items():
            frames = shown.frames.read(test.frame_ids)
            answers = [trained.answer(frames[start : start + 128]).decided for start in range(0, len(frames), 128)]
            found[network, name] = class_scores(test.truth, np.concatenate(answers)).weighted_f1
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder for the hospital, the cohort and the runs")
    parser.add_argument("--patients", type=int, default=40)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--size", type=int, default=256, help="pixels of a stored frame")
    parser.add_argument("--image-size", type=int, default=160, help="pixels of a view")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
