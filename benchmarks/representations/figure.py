"""The scores as a picture: a dot for the mean over seeds, a line for its interval, one panel per cohort and probe."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks.representations.cohorts import PHANTOM
from benchmarks.representations.rows import Row, best_first
from benchmarks.representations.scores import PROBES

_NAMES, _PANEL, _GAP, _LINE, _TOP = 240, 260, 48, 20, 56


def draw(judged: dict[str, dict[str, Row]]) -> str:
    """Return an SVG with the rows of every cohort, best probe first; rows that may not be ranked are hollow."""
    width = _NAMES + len(PROBES) * (_PANEL + _GAP)
    parts, top = [], 0
    for cohort, rows in judged.items():
        ordered = best_first(rows)
        parts += list(_cohort(cohort, ordered, top))
        top += _TOP + _LINE * len(ordered) + 30
    style = (
        "text{font:12px sans-serif;fill:#333}.t{font-weight:bold}.m{text-anchor:middle}"
        "line{stroke:#999}.i{stroke:#00796b;stroke-width:2}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" role="img">'
        f'<style>{style}</style><rect width="{width}" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _cohort(cohort: str, rows: list[Row], top: int) -> Iterator[str]:
    figure = "average precision" if cohort == PHANTOM else "accuracy"
    for number, probe in enumerate(PROBES):
        left = _NAMES + number * (_PANEL + _GAP)
        spreads = [row.spread(probe) for row in rows]
        ends = [end for one in spreads for end in one if end == end]
        low, high = int(min(ends) * 20) / 20, int(max(ends) * 20 + 1) / 20
        yield f'<text class="t" x="{left}" y="{top + 20}">{escape(f"{cohort}, {probe}: {figure}")}</text>'
        bottom = top + _TOP + _LINE * len(rows)
        steps = round((high - low) / 0.05)
        for step in range(0, steps + 1, 2 if steps > 6 else 1):
            x = left + _PANEL * step / steps
            yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top + 32}" y2="{bottom}" stroke-dasharray="2 4"/>'
            yield f'<text class="m" x="{x:.1f}" y="{bottom + 14}">{low + 0.05 * step:.2f}</text>'
        for place, (row, spread) in enumerate(zip(rows, spreads, strict=True)):
            y = top + _TOP + _LINE * place - 6

            def at(value: float, left: int = left, low: float = low, high: float = high) -> float:
                return left + _PANEL * (value - low) / (high - low)

            if number == 0:
                yield f'<text x="4" y="{y + 4}">{escape(row.name)}</text>'
            if spread.low == spread.low:
                yield f'<line class="i" x1="{at(spread.low):.1f}" x2="{at(spread.high):.1f}" y1="{y}" y2="{y}"/>'
            fill = "#fff" if row.verdict else "#00796b"
            yield f'<circle cx="{at(spread.mean):.1f}" cy="{y}" r="4" fill="{fill}" stroke="#00796b"/>'
