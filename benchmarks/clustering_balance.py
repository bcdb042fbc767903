"""LSD against PICA, as in Dadoun's Figure 5: five weights of the balance, four seeds, a box plot.

    python benchmarks/clustering_balance.py OUT --cohort COHORT [--steps 300] [--cells N]

Every training is a cell in OUT/cells: the same command goes on where it was stopped, ``--cells 0`` prints what is
there. Groups are matched with validation labels (Algorithm 1) and judged by support-weighted F1 on the part named;
choose settings on ``--part validation``, and look at ``--part test`` once. Writes OUT/balance.svg.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from sonosift import api
from sonosift.cohort.cohort import Cohort

METHODS = ("pica", "lsd")
WEIGHTS = (0.5, 1.0, 2.0, 5.0, 10.0)
WIDTH, HEIGHT, LEFT, BOTTOM = 560, 300, 50, 40


def cell(given: argparse.Namespace, method: str, weight: float, seed: int) -> dict[str, float | None]:
    run = f"{method}-{weight:g}-{seed}-{given.steps}"
    settings = {"balance_weight": weight, "clusters": given.k}
    common = {"split": given.split, "scale": "small", "seed": seed}
    made = api.pretrain(given.cohort, method=method, run=run, steps=given.steps, settings=settings, **common)
    grouped = api.cluster(given.cohort, from_run=run, run=f"{run}-head")
    found = api.evaluate(given.cohort, run=grouped.run, split=given.split, part=given.part, draws=50)
    return {
        "weighted_f1": found.weighted_f1,
        "purity": found.purity,
        "filled": grouped.filled_groups,
        "loss": made.loss,
    }


def box_plot(values: dict[tuple[str, float], list[float]]) -> str:
    """Draw quartiles, whiskers to the extremes, and every seed as a dot; PICA to the left of LSD."""
    everything = [value for listed in values.values() for value in listed]
    low, high = min(everything), max(everything)
    low, high = low - 0.05 * (high - low or 1), high + 0.05 * (high - low or 1)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - 20)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">']
    for value in np.linspace(low, high, 5):
        y = up(float(value))
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end">{value:.2f}</text>')
    step = (WIDTH - LEFT) / len(WEIGHTS)
    for place, weight in enumerate(WEIGHTS):
        middle = LEFT + step * (place + 0.5)
        parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 14}" font-size="11" text-anchor="middle">{weight:g}</text>')
        for method, shift, colour in (("pica", -18, "#888"), ("lsd", 18, "#00708f")):
            listed = values.get((method, weight))
            if not listed:
                continue
            x = middle + shift
            least, first, median, third, most = (up(float(v)) for v in np.quantile(listed, [0, 0.25, 0.5, 0.75, 1]))
            parts.append(f'<line x1="{x}" x2="{x}" y1="{least:.1f}" y2="{most:.1f}" stroke="{colour}"/>')
            height = max(first - third, 1)
            box = f'x="{x - 12}" y="{third:.1f}" width="24" height="{height:.1f}"'
            parts.append(f'<rect {box} fill="{colour}" fill-opacity=".3" stroke="{colour}"/>')
            parts.append(f'<line x1="{x - 12}" x2="{x + 12}" y1="{median:.1f}" y2="{median:.1f}" stroke="{colour}"/>')
            parts += [f'<circle cx="{x}" cy="{up(value):.1f}" r="2.5" fill="{colour}"/>' for value in listed]
    parts.append(
        f'<text x="{WIDTH}" y="{HEIGHT - 2}" font-size="11" text-anchor="end">weight (grey PICA, blue LSD)</text>'
    )
    return "".join([*parts, "</svg>"])


def grid(given: argparse.Namespace, cells: Path, left: int) -> dict[tuple[str, float], list[float]]:
    """Train what is missing, at most ``left`` cells, and return the scores of all that are there."""
    values: dict[tuple[str, float], list[float]] = {}
    for seed in range(given.seeds):
        for weight in WEIGHTS:
            for method in METHODS:
                path = cells / f"{method}-{weight:g}-{seed}-{given.steps}-{given.part}.json"
                if not path.exists():
                    if left <= 0:
                        continue
                    path.write_text(json.dumps(cell(given, method, weight, seed)))
                    left -= 1
                found = json.loads(path.read_text())["weighted_f1"]
                if found is not None:
                    values.setdefault((method, weight), []).append(found)
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cohort", type=Path, required=True, help="labelled, with a split; its runs are kept in it")
    parser.add_argument("--split", default="default")
    parser.add_argument("--part", default="validation", choices=("validation", "test"))
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--cells", type=int, help="stop after so many")
    given = parser.parse_args()
    cells = given.out / "cells"
    cells.mkdir(parents=True, exist_ok=True)
    left = given.cells if given.cells is not None else len(METHODS) * len(WEIGHTS) * given.seeds
    frames = len(Cohort.open(given.cohort).catalog())
    print(f"{frames} frames, K = {given.k}, {given.steps} steps, judged on {given.part}; small scale")
    values = grid(given, cells, left)
    for (method, weight), listed in sorted(values.items()):
        ends = f"{min(listed):.3f} to {max(listed):.3f}"
        print(f"{method:6}{weight:>6g}  n={len(listed)}  mean {np.mean(listed):.3f}  {ends}")
    for method in METHODS:
        means = [np.mean(listed) for (name, _), listed in values.items() if name == method]
        if means:
            print(f"{method}: spread of the means over the weights {max(means) - min(means):.3f}")
    if values:
        (given.out / "balance.svg").write_text(box_plot(values))


if __name__ == "__main__":
    main()
