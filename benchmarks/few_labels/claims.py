"""Five of Dadoun's six claims in pairs, with intervals over patients; the sixth is ``benchmarks.clustering``'s."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sonosift.cohort.cohort import Cohort
from sonosift.comparison.cells import training_cells
from sonosift.comparison.comparison_rows import comparison_rows
from sonosift.comparison.grid import read_grid
from sonosift.comparison.judged_rows import Rows, paired
from sonosift.comparison.kept_results import KeptResults
from sonosift.comparison.tables import gain
from sonosift.evaluate.resampled_scores import Resampled
from sonosift.evaluate.resampling import Resampling

CLUSTERS, IMAGENET = "deep clustering", "ImageNet"
METHODS, INITS = ("supervised", "one head", "two heads"), ("random", IMAGENET, CLUSTERS)
Arm = tuple[str, str, float]


def claims(fractions: tuple[float, ...]) -> Iterator[tuple[str, Arm, Arm]]:
    """Yield the sentence, and two arms (method, first weights, fraction) of which the first is said to be better."""
    for fraction in fractions:
        for method in METHODS:
            yield "deep clustering beats ImageNet", (method, CLUSTERS, fraction), (method, IMAGENET, fraction)
    yield "a fifth of the labels is enough", ("supervised", CLUSTERS, 0.1), ("supervised", IMAGENET, 0.5)
    yield "a fifth of the labels is enough", ("supervised", CLUSTERS, 0.2), ("supervised", IMAGENET, 1.0)
    for fraction in fractions:
        for init in INITS:
            for method in METHODS[1:]:
                yield "semi-supervised beats supervised", (method, init, fraction), ("supervised", init, fraction)
    for rival in [("supervised", CLUSTERS), ("two heads", IMAGENET), ("one head", CLUSTERS), ("supervised", IMAGENET)]:
        yield "the combination is best with few labels", ("two heads", CLUSTERS, 0.1), (*rival, 0.1)
    for fraction in fractions:
        for init in INITS:
            yield "two heads beat one", ("two heads", init, fraction), ("one head", init, fraction)


def print_claims(cohort: Cohort, written: Path) -> None:
    """Print one line per pair as a Markdown table, and how many of each claim's pairs say what."""
    grid = read_grid(written)
    kept = KeptResults(cohort.runs.get(written.stem))
    done = [cell for cell in training_cells(written.stem, grid) if kept.facts(cell.name)]
    rows = comparison_rows(cohort, grid, kept, done)
    tally: dict[str, list[int]] = {}
    print("| claim | better, it says | than | difference (95 % interval over patients) |\n|---|---|---|---|")
    for sentence, first, second in claims(grid.label_fractions):
        found = _difference(rows, first, second)
        if found is None:
            continue
        low, high = found.interval()
        tally.setdefault(sentence, [0, 0, 0])[0 if low > 0 else 1 if high < 0 else 2] += 1
        print(f"| {sentence} | {_said(first)} | {_said(second)} | {gain(found)} |")
    print("\n| claim | pairs where it holds | where the opposite does | not told apart |\n|---|---|---|---|")
    for sentence, counts in tally.items():
        print(f"| {sentence} | {' | '.join(map(str, counts))} |")


def _difference(rows: Rows, first: Arm, second: Arm) -> Resampled | None:
    both = [rows.get((f"{method} from {init}", fraction)) for method, init, fraction in (first, second)]
    if both[0] is None or both[1] is None:
        return None
    return paired(both[0], both[1], Resampling(1000, 0))


def _said(arm: Arm) -> str:
    return f"{arm[0]} from {arm[1]}, {100 * arm[2]:g} %"
