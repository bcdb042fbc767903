"""A box per weight and method: quartiles, whiskers to the extremes, and every seed as a dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 560, 300, 50, 40, 14
_STYLES = (("pica", -18, "#888"), ("lsd", 18, "#00708f"))


def box_plot(values: Mapping[tuple[str, float], Sequence[float]], weights: Sequence[float]) -> str:
    """Draw the scores of both methods over the weights as SVG; PICA stands to the left of LSD."""
    everything = [value for listed in values.values() for value in listed]
    low, high = min(everything), max(everything)
    margin = 0.05 * (high - low or 1)
    low, high = low - margin, high + margin

    def up(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _BOTTOM - _TOP)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">']
    parts.append(f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>')
    for value in np.linspace(low, high, 5):
        y = up(float(value))
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{value:.2f}", "end"))
    step = (_WIDTH - _LEFT) / len(weights)
    for place, weight in enumerate(weights):
        middle = _LEFT + step * (place + 0.5)
        parts.append(_text(middle, _HEIGHT - 24, f"{weight:g}", "middle"))
        for method, shift, colour in _STYLES:
            listed = values.get((method, weight))
            if listed:
                parts += _box(middle + shift, [up(value) for value in listed], colour)
    parts.append(_text(_LEFT, _HEIGHT - 6, "weighted F1 against the weight lambda: grey PICA, blue LSD", "start"))
    return "".join([*parts, "</svg>\n"])


def _box(x: float, heights: Sequence[float], colour: str) -> list[str]:
    top, third, median, first, bottom = np.quantile(heights, [0, 0.25, 0.5, 0.75, 1]).tolist()
    box = f'x="{x - 12:.1f}" y="{third:.1f}" width="24" height="{max(first - third, 1):.1f}"'
    return [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" stroke="{colour}"/>',
        f'<rect {box} fill="{colour}" fill-opacity=".3" stroke="{colour}"/>',
        f'<line x1="{x - 12:.1f}" x2="{x + 12:.1f}" y1="{median:.1f}" y2="{median:.1f}" stroke="{colour}"/>',
        *(f'<circle cx="{x:.1f}" cy="{height:.1f}" r="2.5" fill="{colour}"/>' for height in heights),
    ]


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}">{words}</text>'
