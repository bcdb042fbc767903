"""Judge one run beside the simple baselines, on the same frames, thresholds and resampled patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.errors import SonosiftError
from sonosift.evaluate.cohort_frames import CohortFrames
from sonosift.evaluate.frame_level_leak import frame_level_leak
from sonosift.evaluate.label_set_tables import group_quality, label_set_confusion
from sonosift.evaluate.pixels import shrink
from sonosift.evaluate.protocol import Judged, compare, judge_scores
from sonosift.evaluate.resampling import Resampling
from sonosift.evaluate.run_outputs import RunOutputs
from sonosift.evaluate.score_table import Calibration, Evaluation, GroupQuality, Leak
from sonosift.evaluate.simple_baselines import (
    Features,
    Parts,
    constant_baselines,
    judge_groups,
    k_means_baseline,
    probe_baseline,
)
from sonosift.evaluate.stated_probabilities import calibration_of

TRAINING, VALIDATION = "train", "validation"
PIXELS = "32×32 pixels"
"""How the pixels are called as a source of features; no run can have this name."""
FEW_FRAMES = 10
FEW_PATIENTS = 20
_MOST_K_MEANS_FRAMES = 4000
"""K-means on pixels learns nothing more from more frames, but takes longer."""


def evaluate_run(
    run: RunOutputs,
    frames: CohortFrames,
    *,
    split: str = "default",
    part: str = "test",
    training_ids: Sequence[str] | None = None,
    frozen: Sequence[RunOutputs] = (),
    met_test_patients: Sequence[str] = (),
    show_leak: bool = False,
    resampling: Resampling | None = None,
) -> Evaluation:
    """Judge ``run`` on one part of the split.

    Args:
        run: What it left behind.
        frames: The cohort's frames with labels and parts.
        split: Name of the split that ``frames`` carries.
        part: The part to judge on.
        training_ids: The labelled frames that the run was given, so that the baselines learn from the same.
        frozen: Runs whose features, left as they are, make a baseline: where the run had its first weights from.
        met_test_patients: Runs on the way to this one that learnt, without labels, from patients of the part judged on.
        show_leak: Also measure what a split by frame would have reported.
        resampling: Draws and seed of the intervals.
    """
    if run.empty:
        raise _nothing_to_judge(run.name)
    resampling = resampling or Resampling()
    parts = Parts(
        training=frames.labelled(TRAINING, training_ids),
        validation=frames.labelled(VALIDATION),
        test=frames.labelled(part),
    )
    _require_labels(parts, part)
    names = frames.names
    ours, qualities = _judge_outputs(run, parts, names, resampling)
    clusters = qualities[0].groups if qualities else len(np.unique(parts.validation.truth, axis=0))
    baselines = constant_baselines(parts, names, resampling)
    seen: list[tuple[str, Features]] = []
    for source, features in _frozen_features(run, frozen, frames, parts):
        seen.append((source, features))
        rows, quality = _judge_features(source, features, parts, names, clusters, resampling)
        baselines += rows
        qualities.append(quality)
    if not ours:
        # A pretraining answers nothing by itself: what stands for it is the probe on its features.
        ours, baselines = _promoted(f"linear probe on {run.name}", baselines, run.name)
    best_first = sorted(baselines, key=lambda row: -(row.score.weighted_f1.value or 0))
    headline = ours[0]
    return Evaluation(
        run=run.name,
        split=split,
        part=part,
        label_names=list(names),
        frames=len(parts.test),
        patients=len(set(parts.test.patients)),
        fitted_frames=len(parts.validation),
        fitted_patients=len(set(parts.validation.patients)),
        training_frames=len(parts.training),
        draws=resampling.draws,
        seed=resampling.seed,
        methods=[row.score for row in (*ours, *best_first)],
        differences=[compare(headline, row, resampling) for row in best_first],
        groups=qualities,
        confusion=label_set_confusion(parts.test.truth, headline.answers, names),
        calibration=_calibration(run, parts, names),
        leak=_leak(*seen[-1], parts, resampling.seed) if show_leak else None,
        notes=[*_leaks(frames, part, met_test_patients), *_notes(parts, names, part)],
    )


def frames_to_embed(frames: CohortFrames) -> list[str]:
    """Return the frames whose features an evaluation looks at: the labelled ones, and those k-means learns from."""
    labelled = frames.all_labelled().frame_ids
    return list(dict.fromkeys([*labelled, *_unlabelled_pool(frames, frames.labelled(VALIDATION).frame_ids)]))


def _judge_outputs(
    run: RunOutputs, parts: Parts, names: Sequence[str], resampling: Resampling
) -> tuple[list[Judged], list[GroupQuality]]:
    validation, test = parts.validation, parts.test
    judged: list[Judged] = []
    qualities: list[GroupQuality] = []
    if run.predictions is not None:
        scores = run.scores(validation.frame_ids, names), run.scores(test.frame_ids, names)
        about = f"{run.method}, trained on the labelled frames"
        judged.append(judge_scores(run.name, "run", about, names, validation, scores[0], test, scores[1], resampling))
    if run.groups is not None:
        groups = run.group_numbers(validation.frame_ids), run.group_numbers(test.frame_ids)
        # Group numbers may have gaps; Algorithm 1 wants 0..K-1.
        numbers = np.unique(run.groups["group"].to_numpy())
        placed = [np.searchsorted(numbers, part) for part in groups]
        about = f"groups of {run.method}, named with the validation labels (Algorithm 1)"
        name = run.name if run.predictions is None else f"{run.name}, groups"
        judged.append(judge_groups(name, "run", about, names, parts, placed[0], placed[1], len(numbers), resampling))
        # Empty groups count: purity is compared at the number asked for, so that a collapse is not excused.
        formed = max(run.clusters or 0, len(numbers))
        qualities.append(group_quality(name, "run", groups[1], formed, test, resampling))
    return judged, qualities


def _judge_features(
    source: str, features: Features, parts: Parts, names: Sequence[str], clusters: int, resampling: Resampling
) -> tuple[list[Judged], GroupQuality]:
    what = source if source == PIXELS else f"the frozen features of {source}"
    rows = []
    if len(parts.training):
        about = f"one logistic regression per label on {what}, trained on the same labelled frames"
        rows.append(probe_baseline(f"linear probe on {source}", about, features, parts, names, resampling))
    about = f"k-means (K = {clusters}) on {what}, groups named with the validation labels (Algorithm 1)"
    judged, quality = k_means_baseline(
        f"k-means on {source}", about, features, parts, names, clusters, resampling, normalise=source != PIXELS
    )
    return [*rows, judged], quality


def _frozen_features(
    run: RunOutputs, frozen: Sequence[RunOutputs], frames: CohortFrames, parts: Parts
) -> Iterator[tuple[str, Features]]:
    yield PIXELS, _pixel_features(frames, parts)
    # A network trained on the labels is no longer frozen: its own features are no baseline.
    own = [run] if run.predictions is None else []
    for source in (*own, *frozen):
        if source.embeddings is not None:
            yield source.name, _run_features(source, frames, parts)


def _calibration(run: RunOutputs, parts: Parts, names: Sequence[str]) -> Calibration | None:
    if run.predictions is None:
        return None
    stated = run.scores(parts.test.frame_ids, names)
    return calibration_of(parts.test.truth, stated, run.temperature, one_answer=parts.test.one_answer)


def _leak(source: str, features: Features, parts: Parts, seed: int) -> Leak:
    if not len(parts.training):
        raise SonosiftError(
            "no frame of the train part is labelled, so no leak can be shown", "Label frames of that part first."
        )
    rows = (features.training, features.validation, features.test)
    truths = (parts.training.truth, parts.validation.truth, parts.test.truth)
    return frame_level_leak(source, rows, truths, seed, one_answer=parts.test.one_answer)


def _promoted(name: str, rows: list[Judged], run: str) -> tuple[list[Judged], list[Judged]]:
    chosen = [row for row in rows if row.score.name == name]
    if not chosen:
        raise _nothing_to_judge(run)
    headline = [Judged(row.score.model_copy(update={"kind": "run"}), row.answers, row.counts) for row in chosen]
    return headline, [row for row in rows if row.score.name != name]


def _nothing_to_judge(run: str) -> SonosiftError:
    return SonosiftError(
        f"run {run!r} left nothing to judge", "Let it finish first, or evaluate a clustering or training run."
    )


def _run_features(run: RunOutputs, frames: CohortFrames, parts: Parts) -> Features:
    return Features(
        unlabelled=run.features(_unlabelled_pool(frames, parts.validation.frame_ids)),
        training=run.features(parts.training.frame_ids),
        validation=run.features(parts.validation.frame_ids),
        test=run.features(parts.test.frame_ids),
    )


def _pixel_features(frames: CohortFrames, parts: Parts) -> Features:
    return Features(
        unlabelled=_small(frames, _unlabelled_pool(frames, parts.validation.frame_ids)),
        training=_small(frames, parts.training.frame_ids),
        validation=_small(frames, parts.validation.frame_ids),
        test=_small(frames, parts.test.frame_ids),
    )


def _unlabelled_pool(frames: CohortFrames, otherwise: list[str]) -> list[str]:
    pool = frames.table.filter(pl.col("part") == TRAINING)["frame_id"].to_list() or otherwise
    if len(pool) > _MOST_K_MEANS_FRAMES:
        chosen = np.random.default_rng(0).choice(len(pool), _MOST_K_MEANS_FRAMES, replace=False)
        pool = [pool[place] for place in np.sort(chosen)]
    return pool


def _small(frames: CohortFrames, frame_ids: list[str], batch: int = 512) -> NDArray[np.float32]:
    if not frame_ids:
        return np.empty((0, shrink(np.zeros((1, 32, 32), dtype=np.uint8)).shape[1]), dtype=np.float32)
    batches = (frame_ids[start : start + batch] for start in range(0, len(frame_ids), batch))
    return np.concatenate([shrink(frames.read(ids)) for ids in batches])


def _require_labels(parts: Parts, part: str) -> None:
    for name, frames in ((VALIDATION, parts.validation), (part, parts.test)):
        if not len(frames):
            raise SonosiftError(
                f"no frame of the {name} part is labelled",
                "Label frames of patients in every part: thresholds come from validation, figures from test.",
            )


def _leaks(frames: CohortFrames, part: str, met_test_patients: Sequence[str]) -> list[str]:
    notes = []
    if frames.leaking_patients:
        notes.append(
            f"This split puts {frames.leaking_patients} patients into more than one part: the network has seen test "
            "patients, and every figure here is too good."
        )
    if met_test_patients:
        notes.append(
            f"{', '.join(met_test_patients)} learnt from frames of these patients, without their labels: the network "
            f"has met the pictures of the {part} part, and figures may be a little too good."
        )
    return notes


def _notes(parts: Parts, names: Sequence[str], part: str) -> list[str]:
    notes = []
    patients = len(set(parts.test.patients))
    if patients < FEW_PATIENTS:
        notes.append(f"Only {patients} {part} patients: intervals over so few are rough, and often too narrow.")
    for column, name in enumerate(names):
        there = int(parts.test.truth[:, column].sum())
        fitted = int(parts.validation.truth[:, column].sum())
        if not there:
            notes.append(f"No {part} frame shows {name}: nothing can be said about it.")
        elif there < FEW_FRAMES:
            notes.append(f"{name}: {there} {part} frames only; its figure says little.")
        if not fitted and not parts.test.one_answer:
            notes.append(f"{name}: no validation frame shows it, so its threshold could not be fitted.")
    return notes
