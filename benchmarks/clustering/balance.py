"""LSD against PICA, as in Dadoun's Figure 5: five weights of the balance, four seeds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from benchmarks.clustering.arms import Bench, shown_steps
from benchmarks.clustering.kept_cells import Cell, Found, KeptCells, forget_states
from benchmarks.representations.arms import ARMS
from sonosift import api
from sonosift.clusters.label_matching import match_clusters
from sonosift.cohort.cohort import Cohort
from sonosift.evaluate.cohort_frames import cohort_frames
from sonosift.evaluate.run_outputs import RunOutputs
from sonosift.evaluate.seeds import over_seeds
from sonosift.metrics.f1 import class_scores
from sonosift.metrics.thresholds import decide, fit_thresholds, highest

METHODS, WEIGHTS = ("pica", "lsd"), (0.5, 1.0, 2.0, 5.0, 10.0)
# Dadoun's Table 1: weighted F1 in percent, best and mean of its trials.
PAPER = {"pica": (65.99, 60.38), "lsd": (66.95, 64.73)}

Values = dict[tuple[str, float], list[float]]


def cells(cohort: str, benches: Sequence[Bench]) -> list[Cell]:
    """Return all cells, seed by seed."""
    return [
        Cell(cell_name(cohort, method, weight, bench.seed), partial(_work, bench, method, weight))
        for bench in benches
        for weight in WEIGHTS
        for method in METHODS
    ]


def cell_name(cohort: str, method: str, weight: float, seed: int) -> str:
    """Return the name of a cell."""
    return f"{cohort}-balance-{method}-{weight:g}-{seed}"


def _work(bench: Bench, method: str, weight: float) -> Found:
    arm, scale, path = ARMS[method], bench.scale, bench.cohort.path
    run = f"{method}.{weight:g}.{bench.split}.{bench.seed}"
    settings = arm.settings | {"balance_weight": weight, "clusters": scale.groups}
    steps = shown_steps(scale.balance_images, arm.images_per_step)
    api.pretrain(path, method=method, run=run, steps=steps, settings=settings, **bench.common())
    grouped = api.cluster(path, from_run=run, run=f"{run}.head")
    forget_states(bench.cohort)
    return {"weighted_f1": weighted_f1(bench.cohort, grouped.run, bench.split), "filled": grouped.filled_groups}


def weighted_f1(cohort: Cohort, run: str, split: str) -> float:
    """Name groups by the validation frames (Algorithm 1), fit thresholds on them, and judge the test frames."""
    frames, outputs = cohort_frames(cohort, split), RunOutputs.read(cohort.runs.get(run))
    validation, test = frames.labelled("validation"), frames.labelled("test")
    ours = [outputs.group_numbers(part.frame_ids) for part in (validation, test)]
    matched = match_clusters(ours[0], validation.truth, int(outputs.clusters or 0))
    scores = matched.score(ours[1])
    if test.one_answer:
        return class_scores(test.truth, highest(scores)).weighted_f1
    thresholds = fit_thresholds(validation.truth, matched.score(ours[0]))
    return class_scores(test.truth, decide(scores, thresholds)).weighted_f1


def values_of(cohort: str, kept: KeptCells, seeds: int) -> Values:
    """Return the weighted F1 of all cells that are there."""
    found: Values = {}
    for method in METHODS:
        for weight in WEIGHTS:
            cells_there = [kept.read(cell_name(cohort, method, weight, seed)) for seed in range(seeds)]
            listed = [cell["weighted_f1"] for cell in cells_there if cell]
            if listed:
                found[method, weight] = listed
    return found


def show(values: Values) -> None:
    """Print mean, interval and ends of each weight, and how much the weight matters."""
    print("\n| method | lambda | seeds | weighted F1 | lowest | highest |\n|---|---|---|---|---|---|")
    for (method, weight), listed in values.items():
        mean, low, high = over_seeds(listed)
        around = f" ({low:.3f} to {high:.3f})" if low == low else ""
        print(
            f"| {method.upper()} | {weight:g} | {len(listed)} | {mean:.3f}{around} | {min(listed):.3f} | "
            f"{max(listed):.3f} |"
        )
    print()
    for method in METHODS:
        listed = {weight: found for (name, weight), found in values.items() if name == method}
        if listed:
            means = [float(np.mean(found)) for found in listed.values()]
            best, mean = PAPER[method]
            print(
                f"{method.upper()}: means of the weights spread over {max(means) - min(means):.3f}; mean of all "
                f"{np.mean(means):.3f} (paper, other data: mean {mean / 100:.3f}, best {best / 100:.3f})"
            )
    both = [weight for weight in WEIGHTS if all((method, weight) in values for method in METHODS)]
    ahead = sum(np.mean(values["lsd", weight]) > np.mean(values["pica", weight]) for weight in both)
    print(f"LSD is ahead at {ahead} of {len(both)} weights.")
