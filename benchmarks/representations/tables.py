"""The printed tables. The first line is the scale, because small trainings say little about large ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.representations.arms import IMAGE_SIZE, LITE_SHARE
from benchmarks.representations.cells import Cell
from benchmarks.representations.cohorts import PHANTOM, SPLIT
from benchmarks.representations.rows import PIXELS, Row, best_first, difference, metadata_claim, missing_arms
from benchmarks.representations.scores import KNN, PROBE, Exam
from sonosift.cohort.cohort import Cohort
from sonosift.evaluate.resampled_scores import Resampled
from sonosift.evaluate.seeds import Spread


@dataclass(frozen=True)
class Scale:
    """What the first line of a table says.

    Attributes:
        images: images shown to each training.
        seeds: trainings per arm.
    """

    images: int
    seeds: int


def table(cohort: Cohort, exam: Exam, cells: list[Cell], rows: dict[str, Row], part: str, scale: Scale) -> str:
    """Return everything about one cohort as Markdown."""
    return "\n".join(_lines(cohort, exam, cells, rows, part, scale))


def _lines(
    cohort: Cohort, exam: Exam, cells: list[Cell], rows: dict[str, Row], part: str, scale: Scale
) -> Iterator[str]:
    phantom = cohort.path.name == PHANTOM
    learnt = cohort.splits.get(SPLIT).catalog("train")
    yield (
        f"**{'Phantom' if phantom else 'Lung'}.** Scale: {IMAGE_SIZE} px, about {scale.images:,} images shown per "
        f"training (two views each, but one for DeepCluster and the context encoder; lite0 {LITE_SHARE:.0%} as many), "
        f"{scale.seeds} seeds; pretrained on "
        f"{len(learnt):,} frames in {learnt['clip'].n_unique():,} clips and stills of {learnt['patient'].n_unique()} "
        f"patients; asked about {len(exam.rows):,} frames of {len(set(exam.patients))} "
        f"{part + ' patients' if phantom else 'other patients, in ' + str(len(set(exam.fold_of.tolist()))) + ' folds'}."
    )
    yield ""
    figure = "support-weighted average precision" if phantom else "accuracy by frame"
    yield f"Figures: {figure}; mean over seeds (95 % interval over seeds)."
    yield "Gains: difference to the untrained network (95 % interval over resampled patients)."
    yield ""
    yield "| row | k-NN | linear probe | gain, k-NN | gain, probe | effective rank | remark |"
    yield "|---|---|---|---|---|---|---|"
    for row in best_first(rows):
        yield f"| {' | '.join(_columns(row, scale.seeds))} |"
    for name, reason in missing_arms(cells, rows):
        yield f"| {name} | not run: {reason} | | | | | |"
    yield ""
    yield from _beside_pixels(rows)
    claim = metadata_claim(rows)
    if claim:
        yield ""
        yield "| what the tags bring | k-NN | linear probe |"
        yield "|---|---|---|"
        for name, beside, gain in claim:
            yield f"| {name} − {beside} | {_gain(gain[KNN])} | {_gain(gain[PROBE])} |"


def _beside_pixels(rows: dict[str, Row]) -> Iterator[str]:
    yield f"| difference to {PIXELS} | k-NN | linear probe |"
    yield "|---|---|---|"
    for row in best_first(rows):
        if row.name != PIXELS:
            gain = difference(row, rows[PIXELS])
            yield f"| {row.name} | {_gain(gain[KNN])} | {_gain(gain[PROBE])} |"


def _columns(row: Row, seeds: int) -> list[str]:
    ranks = [record["effective_rank"] for record in row.records]
    fewer = f"{len(ranks)} of {seeds} seeds" if row.trained and len(ranks) < seeds else ""
    return [
        row.name,
        _spread(row.spread(KNN)),
        _spread(row.spread(PROBE)),
        _gain(row.gain.get(KNN)),
        _gain(row.gain.get(PROBE)),
        f"{sum(ranks) / len(ranks):.0f}" if ranks else "",
        "; ".join(remark for remark in (row.told, fewer, row.verdict) if remark),
    ]


def _spread(found: Spread) -> str:
    return f"{found.mean:.3f}" + (f" ({found.low:.3f} to {found.high:.3f})" if found.low == found.low else "")


def _gain(found: Resampled | None) -> str:
    if found is None:
        return ""
    low, high = found.interval()
    return f"{found.value:+.3f} ({low:+.3f} to {high:+.3f})"
