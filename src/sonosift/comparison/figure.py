"""Weighted F1 against the share of labels, one line per training, as in Dadoun's Figure 6."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from sonosift.comparison.judged_rows import PROBING, TRAINING, Row, Rows

_LEFT, _TOP, _WIDTH, _HEIGHT, _LEGEND = 56, 20, 520, 360, 330
_COLOURS = ("#0b6e99", "#c2571a", "#2f7d4f", "#8a4fa3", "#9a7400", "#b03060", "#3b6fd4", "#6b7280")
_DASHES = ("", "7 4", "2 3", "10 3 2 3", "12 5")
_GREY = ("#888", "#b5b5b5")
_LINE = 17


def draw(rows: Rows, fractions: Sequence[float]) -> str:
    """Return an SVG: colour tells the first weights, dashes the method, whiskers the interval over seeds.

    Thin grey lines are the simple baselines; of the probes only the one that is best on the development patients.
    """
    fractions = sorted(fractions)
    trained = _lines(rows, TRAINING)
    plain = _constants_and_best_probe(rows)
    # Of two seeds the interval is wider than everything else: whiskers end where the picture does.
    ends = [row.spread().mean for row in (*_flat(trained), *_flat(plain))]
    low, high = _round_ends(ends)
    height = max(_TOP + _HEIGHT + 50, _TOP + _LINE * (len(trained) + len(plain) + 3))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + _LEGEND} {height}" role="img">'
        "<title>Weighted F1 against the share of labels</title>"
        "<style>text{font:12px sans-serif;fill:#333}</style>"
        f'<rect width="{_LEFT + _WIDTH + _LEGEND}" height="{height}" fill="#fff"/>',
        *_axes(fractions, low, high),
    ]
    inits = list(dict.fromkeys(line[0].initialisation for line in trained))
    methods = list(dict.fromkeys(line[0].method for line in trained))
    place = 0
    for place, line in enumerate(plain):
        style = (
            f'stroke="{_GREY[place % 2]}" stroke-width="1.5" stroke-dasharray="{_DASHES[place // 2 % len(_DASHES)]}"'
        )
        parts += list(_curve(line, fractions, (low, high), style, _GREY[place % 2], 0.0, len(trained) + place))
    for place, line in enumerate(trained):
        colour = _COLOURS[inits.index(line[0].initialisation) % len(_COLOURS)]
        dashes = _DASHES[methods.index(line[0].method) % len(_DASHES)]
        style = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
        # Side by side, so that whiskers do not hide one another.
        shift = 4.0 * (place - (len(trained) - 1) / 2)
        parts += list(_curve(line, fractions, (low, high), style, colour, shift, place))
    return "".join([*parts, "</svg>\n"])


def _curve(
    line: list[Row],
    fractions: Sequence[float],
    ends: tuple[float, float],
    style: str,
    colour: str,
    shift: float,
    place: int,
) -> Iterator[str]:
    points = [(_x(row.fraction, fractions) + shift, row.spread()) for row in line]
    path = " ".join(f"{x:.1f},{_y(spread.mean, *ends):.1f}" for x, spread in points)
    yield f'<polyline points="{path}" fill="none" {style}/>'
    for x, spread in points:
        if spread.low == spread.low and line[0].kind == TRAINING:
            top, bottom = (_y(end, *ends) for end in (min(spread.high, ends[1]), max(spread.low, ends[0])))
            ends_at = f'x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"'
            yield f'<line {ends_at} stroke="{colour}" stroke-opacity=".6"/>'
        yield f'<circle cx="{x:.1f}" cy="{_y(spread.mean, *ends):.1f}" r="2.6" fill="{colour}"/>'
    left, y = _LEFT + _WIDTH + 16, _TOP + 10 + _LINE * place
    yield f'<line x1="{left}" x2="{left + 34}" y1="{y}" y2="{y}" {style}/>'
    yield f'<text x="{left + 42}" y="{y + 4}">{escape(line[0].name)}</text>'


def _axes(fractions: Sequence[float], low: float, high: float) -> Iterator[str]:
    steps = round((high - low) / 0.05)
    for step in range(0, steps + 1, 1 if steps <= 8 else 2):
        value = low + 0.05 * step
        y = _y(value, low, high)
        yield f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e3e3"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.2f}</text>'
    for fraction in fractions:
        x = _x(fraction, fractions)
        yield f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 20}" text-anchor="middle">{100 * fraction:g} %</text>'
    middle = _LEFT + _WIDTH / 2
    yield f'<text x="{middle}" y="{_TOP + _HEIGHT + 40}" text-anchor="middle">labelled training frames</text>'
    y = _TOP + _HEIGHT / 2
    yield f'<text x="14" y="{y}" transform="rotate(-90 14 {y})" text-anchor="middle">weighted F1</text>'


def _x(fraction: float, fractions: Sequence[float]) -> float:
    # Evenly apart, as in the paper: doublings of labels are what is compared.
    place = sorted(fractions).index(fraction)
    return _LEFT + _WIDTH * (place + 0.5) / len(fractions)


def _y(value: float, low: float, high: float) -> float:
    return _TOP + _HEIGHT * (high - value) / (high - low)


def _round_ends(values: Sequence[float]) -> tuple[float, float]:
    """Ends of the axis on whole twentieths, a twentieth at least beyond the values, within 0 and 1."""
    low, high = int(min(values) * 20) - 1, int(max(values) * 20) + 2
    return max(0, low) / 20, min(20, high) / 20


def _lines(rows: Rows, kind: str) -> list[list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows.values():
        if row.kind == kind:
            found.setdefault(row.name, []).append(row)
    return [sorted(line, key=lambda row: row.fraction) for line in found.values()]


def _constants_and_best_probe(rows: Rows) -> list[list[Row]]:
    probes = _lines(rows, PROBING)
    best = max(probes, key=lambda line: sum(row.development_f1 for row in line) / len(line), default=None)
    others = [line for kind in {row.kind for row in rows.values()} - {TRAINING, PROBING} for line in _lines(rows, kind)]
    return [*([best] if best else []), *others]


def _flat(lines: list[list[Row]]) -> list[Row]:
    return [row for line in lines for row in line]
