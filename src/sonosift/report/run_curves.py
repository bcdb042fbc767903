"""Which numbers of a run's metrics belong into which chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sonosift.report.content import Chart, RunCurves
from sonosift.report.curves import line_chart

_NOT_A_CURVE = frozenset(
    {"step", "epoch", "time", "seconds", "elapsed_s", "images", "views", "seed", "rank", "images_per_second"}
)
_RATES = ("learning_rate", "lr")
_MOST_SERIES = 6

# In this order; a number goes to the first chart whose words its name holds.
_CHARTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Scores during training", "On the validation part; higher is better.",
     ("validation", "f1", "purity", "nmi", "accuracy", "precision", "recall")),
    ("Spread of the embedding", "How many directions its features span; a fall towards one is a collapse.",
     ("effective_rank", "spread")),
    ("Groups in use", "How many groups a batch fills, and how many there would be if all were equally large; "
     "a fall towards one is a collapse.", ("cluster", "entropy", "occup", "empty", "largest")),
    ("Loss", "Lower is better; flat for long means that more steps would change little.",
     ("loss", "balance", "consistency", "cross", "excess")),
)  # fmt: skip


def run_curves(run: str, metrics: Sequence[Mapping[str, Any]]) -> RunCurves | None:
    """Sort the numbers of ``metrics.jsonl`` into charts; None when there is nothing to draw."""
    series: dict[str, list[tuple[float, float]]] = {}
    for place, line in enumerate(metrics):
        step = float(line.get("step", line.get("epoch", place)))
        for name, value in line.items():
            if name in _NOT_A_CURVE or name in _RATES or isinstance(value, bool) or not isinstance(value, int | float):
                continue
            series.setdefault(name, []).append((step, float(value)))
    charts: list[Chart] = []
    taken: set[str] = set()
    for title, about, words in _CHARTS:
        fitting = [name for name in series if name not in taken and any(word in name.lower() for word in words)]
        # Curves of very different size in one chart would flatten the smaller ones.
        for number, together in enumerate(_of_like_size({name: series[name] for name in fitting})):
            shown = {_readable(name): series[name] for name in together[:_MOST_SERIES]}
            charts.append(line_chart(title if number == 0 else f"{title} ({', '.join(shown)})", about, shown))
            taken.update(together)
    # Losses first: they are what people look for.
    charts.sort(key=lambda chart: not chart.title.startswith("Loss"))
    return RunCurves(run, charts) if charts else None


def _of_like_size(series: Mapping[str, list[tuple[float, float]]]) -> list[list[str]]:
    sizes = {name: max((abs(value) for _, value in points), default=0.0) for name, points in series.items()}
    sets: list[list[str]] = []
    for name in sorted(series, key=lambda name: -sizes[name]):
        if sets and sizes[name] * 8 >= sizes[sets[-1][0]]:
            sets[-1].append(name)
        else:
            sets.append([name])
    return sets


def _readable(name: str) -> str:
    return name.replace("_", " ").replace("/", " · ")
