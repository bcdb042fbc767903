"""Line charts of training, drawn as inline SVG that follows the page's colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup, escape

from sonosift.report.content import Chart

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 420, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 10, 40
_MOST_POINTS = 400


def line_chart(
    title: str,
    about: str,
    series: Mapping[str, Points],
    floor: float | None = None,
    *,
    mark: tuple[str, float] | None = None,
    across: str = "step",
    logarithmic: bool = False,
) -> Chart:
    """Draw named series of points; ``floor`` is a dashed line at a value worth comparing with.

    Args:
        title: above the chart.
        about: how to read it.
        series: points (x, y) by name.
        floor: see above.
        mark: name and x of a dashed upright line.
        across: what x counts.
        logarithmic: draw x, which is 1 or more, by its logarithm.
    """
    scaled = (lambda x: math.log10(max(x, 1.0))) if logarithmic else float
    finite = {
        name: _thinned([(scaled(x), y) for x, y in points if math.isfinite(x) and math.isfinite(y)])
        for name, points in series.items()
    }
    finite = {name: points for name, points in finite.items() if points}
    if not finite:
        return Chart(title, about, Markup('<p class="empty">No value was recorded.</p>'))
    xs = [x for points in finite.values() for x, _ in points]
    ys = [y for points in finite.values() for _, y in points] + ([floor] if floor is not None else [])
    x_low, x_high = min(xs), max(xs)
    y_ticks = nice_ticks(min(ys), max(ys))
    y_low, y_high = min(y_ticks[0], min(ys)), max(y_ticks[-1], max(ys))

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_low) / (x_high - x_low) if x_high > x_low else 0.5
        up = (y - y_low) / (y_high - y_low) if y_high > y_low else 0.5
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">']
    for tick in y_ticks:
        _, y = place(x_low, tick)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    x_ticks = [math.log10(tick) for tick in round_numbers(10**x_low, 10**x_high)] if logarithmic else []
    for tick in x_ticks or [tick for tick in nice_ticks(x_low, x_high, 4) if x_low <= tick <= x_high]:
        x, _ = place(tick, y_low)
        tick = 10**tick if logarithmic else tick
        parts.append(f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 22}" text-anchor="middle">{tick:g}</text>')
    parts.append(
        f'<text class="tick" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 5}" text-anchor="end">{escape(across)}</text>'
    )
    if floor is not None:
        _, y = place(x_low, floor)
        parts.append(f'<line class="floor" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    if mark is not None:
        x, _ = place(scaled(mark[1]), y_low)
        parts.append(f'<line class="floor" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>')
    for number, (name, points) in enumerate(finite.items()):
        placed = [place(x, y) for x, y in points]
        hue = f"s{number % 6}"
        if len(placed) == 1:
            parts.append(f'<circle class="dot {hue}" cx="{placed[0][0]:.1f}" cy="{placed[0][1]:.1f}" r="3"/>')
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline class="line {hue}" points="{path}"><title>{escape(name)}</title></polyline>')
    parts.append("</svg>")
    if len(finite) > 1 or floor is not None or mark is not None:
        keys = [f'<span class="key s{n % 6}">{escape(name)}</span>' for n, name in enumerate(finite)]
        dashed = [*(["floor"] if floor is not None else []), *([mark[0]] if mark is not None else [])]
        keys += [f'<span class="key dashed">{escape(name)}</span>' for name in dashed]
        parts.append(f'<p class="keys">{"".join(keys)}</p>')
    # Every piece of text above went through escape(); numbers are formatted by us.
    return Chart(title, about, Markup("".join(parts)))  # noqa: S704


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers that cover ``low`` to ``high``.

    >>> nice_ticks(0.13, 0.87)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> nice_ticks(5, 5)
    [5.0]
    """
    if high <= low:
        return [float(low)]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def round_numbers(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times powers of ten between two positive numbers.

    >>> round_numbers(3, 60)
    [5.0, 10.0, 20.0, 50.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    numbers = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return [number for number in numbers if low * 0.999 <= number <= high * 1.001]


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(points) <= _MOST_POINTS:
        return points
    # Means over equal stretches: a curve of 100,000 steps would fill the page with numbers nobody can see.
    stretches = np.array_split(np.asarray(sorted(points)), _MOST_POINTS)
    return [(float(part[:, 0].mean()), float(part[:, 1].mean())) for part in stretches]
