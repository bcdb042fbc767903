"""A process that computes cells of a comparison: a line of JSON in, a line out, until it is no longer needed.

It ends with the process that started it, also when that is killed: otherwise a cell would go on being trained while the
same command, given again, wants to take it up.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sonosift.errors import SonosiftError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sonosift.cohort.cohort import Cohort
    from sonosift.comparison.kept_results import KeptResults
    from sonosift.evaluate.protocol import LabelledFrames

MODULE = "sonosift.commands.compare_worker"
_PARENT_SECONDS = 0.5


def compute(job: dict[str, Any]) -> dict[str, Any]:
    """Compute one cell and keep its result; the answer says what became of it."""
    from sonosift.cohort.cohort import Cohort
    from sonosift.comparison.jobs import CANDIDATE, FEATURES, PROBE, TRAINING
    from sonosift.comparison.kept_results import KeptResults
    from sonosift.comparison.worker_processes import FAILED

    kinds: dict[str, Callable[[Cohort, KeptResults, dict[str, Any]], dict[str, Any]]] = {
        CANDIDATE: _candidate, FEATURES: _features, TRAINING: _training, PROBE: _probe,
    }  # fmt: skip
    cohort = Cohort.open(job["cohort"])
    kept = KeptResults(cohort.runs.get(job["comparison"]))
    started = time.monotonic()
    try:
        facts = kinds[job["kind"]](cohort, kept, job)
    except Exception as error:  # whatever it is, it is this cell's alone
        known = isinstance(error, SonosiftError)
        return {FAILED: " ".join(str(error).split()) if known else f"{type(error).__name__}: {error}"}
    facts |= {"cell_seconds": round(time.monotonic() - started, 1)}
    kept.keep(job["cell"], job["spec"], facts)
    if job["kind"] == TRAINING and not job["keep_run"]:
        shutil.rmtree(cohort.runs.get(job["run"]).path)
    return facts


def _training(cohort: Cohort, kept: KeptResults, job: dict[str, Any]) -> dict[str, Any]:
    from sonosift.commands.train import train
    from sonosift.evaluate.run_outputs import RunOutputs

    found = train(cohort.path, run=job["run"], **job["spec"])
    ids = _asked(cohort, job)
    names = list(cohort.settings.label_space.names)
    run = cohort.runs.get(job["run"])
    kept.keep_answers(job["cell"], ids, names, RunOutputs.read(run).scores(ids, names))
    return _how_it_went(run.metrics(), found.model_dump(mode="json"))


def _candidate(cohort: Cohort, kept: KeptResults, job: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    from sonosift.commands.pretrain import pretrain
    from sonosift.commands.train import train
    from sonosift.methods import registry

    spec = dict(job["spec"])
    by = spec.pop("judged_by")
    if spec["method"] in registry.names("train"):
        if spec.pop("part"):
            raise SonosiftError(f"method {spec['method']} learns from the train part", "Leave part out.")
        found = train(cohort.path, run=job["run"], **spec).model_dump(mode="json")
    else:
        del spec["label_fraction"], spec["labels_from"], spec["unjudged"]
        found = pretrain(cohort.path, run=job["run"], **spec).model_dump(mode="json")
    run = cohort.runs.get(job["run"])
    score = _score(cohort, job["run"], spec["split"], by) if job["judge"] else None
    return _how_it_went(run.metrics(), found) | {"run": run.name, "score": score}


def _score(cohort: Cohort, run: str, split: str, by: str) -> float:
    from sonosift.commands.cluster import cluster
    from sonosift.comparison.chosen_weights import score_of_groups, score_of_neighbours
    from sonosift.comparison.grid import GROUPS
    from sonosift.evaluate.cohort_frames import cohort_frames
    from sonosift.evaluate.run_outputs import RunOutputs

    asked = cohort_frames(cohort, split).labelled("validation")
    if by == GROUPS:
        grouped = cluster(cohort.path, from_run=run, run=f"{run}.groups")
        groups = RunOutputs.read(cohort.runs.get(grouped.run)).group_numbers(asked.frame_ids)
        return score_of_groups(groups, asked.truth)
    features = RunOutputs.read(cohort.runs.get(run)).features(asked.frame_ids)
    return score_of_neighbours(features, asked.truth, asked.patients)


def _features(cohort: Cohort, kept: KeptResults, job: dict[str, Any]) -> dict[str, Any]:
    from sonosift.comparison.frozen_features import frozen_features

    found = frozen_features(cohort, **job["spec"])
    kept.keep_features(job["cell"], list(cohort.frames.frame_ids), found)
    return {"width": found.shape[1]}


def _probe(cohort: Cohort, kept: KeptResults, job: dict[str, Any]) -> dict[str, Any]:
    from sonosift.comparison import cells
    from sonosift.evaluate.linear_probe import probe_scores
    from sonosift.evaluate.nearest_frames import nearest_scores
    from sonosift.training.label_sources import parsed_sources
    from sonosift.training.labelled_frames import labelled_part, part_of_labels

    spec = job["spec"]
    labelled = labelled_part(cohort, spec["split"], "train", parsed_sources(spec["labels_from"]))
    learn = part_of_labels(cohort, labelled, spec["label_fraction"], spec["seed"])
    ids = _asked(cohort, job)
    rows = _rows_of(cohort, kept, spec["features"], [*learn.frame_ids, *ids])
    given, asked = rows[: len(learn.frame_ids)], rows[len(learn.frame_ids) :]
    scores = (probe_scores if spec["probe"] == cells.PROBE else nearest_scores)(given, learn.truth, asked)[0]
    kept.keep_answers(job["cell"], ids, list(cohort.settings.label_space.names), scores)
    return {"training_frames": len(learn.frame_ids), "training_exams": len(set(learn.exams))}


def _rows_of(cohort: Cohort, kept: KeptResults, source: str, frame_ids: list[str]) -> NDArray[np.float32]:
    """Return features: of pixels, of a run, or of those that this comparison has computed."""
    from sonosift.comparison.cells import PIXELS
    from sonosift.evaluate.pixels import shrink
    from sonosift.evaluate.run_outputs import RunOutputs

    if source == PIXELS:
        return shrink(cohort.frames.read(frame_ids))
    if source in cohort.runs.names():
        return RunOutputs.read(cohort.runs.get(source)).features(frame_ids)
    return kept.features(source, frame_ids)


def _asked(cohort: Cohort, job: dict[str, Any]) -> list[str]:
    """Return the development frames, and those of the part that is judged."""
    from sonosift.evaluate.cohort_frames import cohort_frames

    frames = cohort_frames(cohort, job["spec"]["split"])
    parts: list[LabelledFrames] = [frames.labelled(part) for part in dict.fromkeys(("validation", job["part"]))]
    return [frame_id for part in parts for frame_id in part.frame_ids]


def _how_it_went(metrics: list[dict[str, Any]], summary: dict[str, Any]) -> dict[str, Any]:
    from sonosift.evaluate.seeds import has_flattened

    told = ("steps", "best_step", "seconds", "images_per_second", "training_frames", "training_exams", "frames",
            "unlabelled_frames", "warnings")  # fmt: skip
    losses = [row["loss"] for row in metrics if "loss" in row]
    return {name: summary[name] for name in told if name in summary} | {"flattened": has_flattened(losses)}


def main() -> None:
    """Answer until the input ends."""
    from sonosift.machine import progress

    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever a library prints must not stand between the answers.
    os.dup2(2, 1)
    progress.set_quiet(True)
    for line in sys.stdin:
        answers.write(json.dumps(compute(json.loads(line))) + "\n")
        answers.flush()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
