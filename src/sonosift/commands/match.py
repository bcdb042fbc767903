"""``sonosift match``: hold the groups of a run against the labels that there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    import polars as pl

    from sonosift.cohort.cohort import Cohort
    from sonosift.evaluate.cohort_frames import CohortFrames
    from sonosift.evaluate.label_economy import LabelEconomy

SCORES_FILE = "organ_scores.parquet"
CONFLICTS_FILE = "conflicts.parquet"
METRICS_FILE = "group_scores.json"
_MOST_DIVIDED = 5
"""Groups whose disagreement is printed; all of them stand in the summary."""


class MatchSummary(Summary):
    """How the groups agree with the labels.

    Attributes:
        run: The run that holds the groups.
        part: The part that the figures are from.
        metrics: Purity, NMI, ARI, one-to-one accuracy with 95 % intervals over patients, filled groups, and the three
            commonest label sets of each group.
        frame_conflicts: Labelled frames that contradict their group.
        group_conflicts: Groups whose labelled frames do not agree, with the label that divides them.
        economy: Weighted F1 against the number of an expert's actions, as text.
        scores: The file with a score per frame and label (Algorithm 1).
        conflicts: The file with the conflicting frames.
    """

    run: str
    part: str
    metrics: dict[str, Any]
    frame_conflicts: int
    group_conflicts: list[str]
    economy: str
    scores: str
    conflicts: str

    def describe(self) -> str:
        """Return the figures as sentences and the economy as a table."""
        found = self.metrics
        lines = [
            f"{self.run} on {found['frames']} labelled {self.part} frames of {found['patients']} patients: "
            f"{found['filled']} of {found['formed']} groups filled, {found['classes']} label sets",
            *(f"  {name:<10}{_interval(found[name])}" for name in ("purity", "nmi", "ari", "hungarian")),
            f"  one single group would have purity {found['majority_share']:.3f}",
            f"{self.frame_conflicts} labelled frames contradict their group ({self.conflicts})",
            *self.group_conflicts[:_MOST_DIVIDED],
        ]
        if len(self.group_conflicts) > _MOST_DIVIDED:
            more = len(self.group_conflicts) - _MOST_DIVIDED
            lines.append(f"and {more} more such groups: more, smaller groups may agree better")
        if self.economy:
            lines += ["Weighted F1 against actions of an expert:", self.economy]
        return "\n".join([*lines, f"A score per frame and label: {self.scores}"])


def match(
    cohort: str | Path,
    run: str,
    *,
    mix: bool = False,
    by: Path | None = None,
    split: str | None = None,
    part: str = "test",
    draws: int = 1000,
    seed: int = 0,
) -> MatchSummary:
    """Match the groups of a run with label sets (Algorithm 1), list conflicts, and count what naming would save.

    Groups are matched with the labels of the validation part and judged on another; conflicts are looked for among all
    labelled frames. The label economy plays with the labels of training patients.

    Args:
        cohort: Folder of the cohort.
        run: Run that holds the groups.
        mix: Score a frame by all groups, weighted by its probabilities, instead of its own group alone.
        by: Table of super-groups of labels (YAML, CSV, or views, fetal_views): the groups are judged against those.
        split: Split whose parts are used; by default the one that the run learnt by.
        part: Part to judge on.
        draws: Resamples of patients for the intervals.
        seed: Draws the resamples.

    Returns:
        The figures, and where the scores and conflicts are.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError
    from sonosift.evaluate.cohort_frames import cohort_frames
    from sonosift.evaluate.run_lineage import split_of
    from sonosift.evaluate.run_outputs import RunOutputs

    opened = Cohort.open(cohort)
    folder = opened.runs.get(run)
    outputs = RunOutputs.read(folder)
    if outputs.groups is None:
        raise SonosiftError(f"run {run!r} holds no groups", "Name a run of `sonosift cluster`.")
    if draws < 2:
        raise SonosiftError(f"draws = {draws} makes no interval", "Use at least 2; 1000 is a good number.")
    frames = cohort_frames(opened, split_of(opened, folder, split))
    matching, judged = frames.labelled("validation"), frames.labelled(part)
    for name, rows in (("validation", matching), (part, judged)):
        if not len(rows):
            raise SonosiftError(f"no frame of the {name} part is labelled", "Label frames of patients in every part.")

    import numpy as np
    import polars as pl

    from sonosift.clusters.group_tables import read_probabilities
    from sonosift.clusters.label_matching import match_clusters
    from sonosift.evaluate.group_metrics import group_metrics
    from sonosift.machine import atomic

    groups = outputs.groups
    # Group -1 holds what was set apart: shifted by one it is matched like any other.
    most = int(max(groups["group"].to_numpy().max(), (outputs.clusters or 1) - 1)) + 2
    matched = match_clusters(outputs.group_numbers(matching.frame_ids) + 1, matching.truth, most)
    scores = matched.score(groups["group"].to_numpy().astype(np.int64) + 1)
    if mix:
        found = read_probabilities(folder)
        if found is None:
            raise SonosiftError(f"the groups of run {run!r} have no probabilities", "Leave out --mix.")
        scores = np.column_stack([np.zeros(len(found[0])), found[1]]) @ matched.label_shares[: found[1].shape[1] + 1]
    with atomic.replacing(folder.path / SCORES_FILE) as temporary:
        pl.DataFrame({"frame_id": groups["frame_id"]} | dict(zip(frames.names, scores.T, strict=True))).write_parquet(
            temporary
        )
    truth, names = _super(judged.truth, list(frames.names), by)
    metrics = group_metrics(
        outputs.group_numbers(judged.frame_ids),
        truth,
        judged.patients,
        names,
        formed=outputs.clusters,
        draws=draws,
        seed=seed,
    )
    atomic.write_text(folder.path / METRICS_FILE, metrics.model_dump_json(indent=2) + "\n")
    conflicts, divided = _conflicts(frames, outputs)
    with atomic.replacing(folder.path / CONFLICTS_FILE) as temporary:
        conflicts.write_parquet(temporary)
    economy = _economy(opened, run, frames, part)
    if economy is not None:
        from sonosift.evaluate.label_economy import FILE_NAME

        atomic.write_text(folder.path / FILE_NAME, economy.model_dump_json(indent=2) + "\n")
    return MatchSummary(
        run=run,
        part=part,
        metrics=metrics.model_dump(mode="json"),
        frame_conflicts=len(conflicts),
        group_conflicts=divided,
        economy=economy.table() if economy else "",
        scores=str(folder.path / SCORES_FILE),
        conflicts=str(folder.path / CONFLICTS_FILE),
    )


def _super(truth: Any, names: list[str], by: Path | None) -> tuple[Any, list[str]]:
    """Merge labels into super-groups: a frame carries one when it carries any of its labels."""
    if by is None:
        return truth, names
    import numpy as np

    from sonosift.clusters.super_groups import read_super_groups, super_group_of

    table = read_super_groups(by)
    numbers = super_group_of(table, names, "label")
    merged = np.zeros((len(truth), max(numbers.values()) + 1), dtype=np.uint8)
    for column, name in enumerate(names):
        merged[:, numbers[name]] |= truth[:, column]
    alone = [name for name in names if numbers[name] >= len(table)]
    return merged, [*table, *alone]


def _conflicts(frames: CohortFrames, outputs: Any) -> tuple[pl.DataFrame, list[str]]:
    import polars as pl

    from sonosift.clusters.label_conflicts import frame_conflicts, group_conflicts

    labelled = frames.all_labelled()
    numbers = outputs.group_numbers(labelled.frame_ids)
    found = frame_conflicts(numbers, labelled.truth, frames.names)
    table = pl.DataFrame(
        {
            "frame_id": [labelled.frame_ids[conflict.place] for conflict in found],
            "group": [conflict.group for conflict in found],
            "missing": [" + ".join(conflict.missing) for conflict in found],
            "surplus": [" + ".join(conflict.surplus) for conflict in found],
            "strength": [round(conflict.strength, 4) for conflict in found],
        },
        schema={"frame_id": pl.String, "group": pl.Int64, "missing": pl.String, "surplus": pl.String,
                "strength": pl.Float64},
    )  # fmt: skip
    divided = [
        f"group {conflict.group} does not agree on {conflict.label}: {conflict.share:.0%} of its "
        f"{conflict.labelled} labelled frames carry it"
        for conflict in group_conflicts(numbers, labelled.truth, frames.names)
    ]
    return table, divided


def _economy(cohort: Cohort, run: str, frames: CohortFrames, part: str) -> LabelEconomy | None:
    """Play the label economy, or return None where no training frame is labelled."""
    from sonosift.evaluate.label_economy import EconomyFrames, label_economy
    from sonosift.evaluate.run_outputs import RunOutputs

    outputs = RunOutputs.read(cohort.runs.get(run))
    assert outputs.groups is not None
    sure = dict(outputs.groups.select("frame_id", "confidence").iter_rows())

    def side(name: str) -> EconomyFrames:
        import numpy as np

        rows = frames.labelled(name)
        return EconomyFrames(
            outputs.features(rows.frame_ids),
            outputs.group_numbers(rows.frame_ids),
            np.array([sure[frame_id] for frame_id in rows.frame_ids]),
            rows.truth,
        )

    if not len(frames.labelled("train")):
        return None
    return label_economy(side("train"), side(part))


def _interval(figure: dict[str, float | None]) -> str:
    value, low, high = (figure[end] for end in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "undefined"
    return f"{value:.3f} (95 % interval {low:.3f} to {high:.3f})"
