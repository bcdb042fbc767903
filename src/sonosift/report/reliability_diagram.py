"""Stated against observed probability as inline SVG that follows the page's colours."""

from __future__ import annotations

from markupsafe import Markup

from sonosift.evaluate.score_table import Calibration

_SIDE, _LEFT, _BOTTOM = 240, 40, 36
_LARGEST = 9.0


def reliability_diagram(calibration: Calibration) -> Markup:
    """Draw one dot per bin of stated probability, its area by how many statements it stands for."""
    most = max(row.count for row in calibration.rows)
    width, height = _LEFT + _SIDE + 12, _SIDE + _BOTTOM + 12

    def x(value: float) -> float:
        return _LEFT + value * _SIDE

    def y(value: float) -> float:
        return 12 + (1 - value) * _SIDE

    parts = [
        f'<svg class="chart" viewBox="0 0 {width} {height}" style="max-width:{width}px" role="img"'
        ' aria-label="Stated against observed probability">'
    ]
    for tick in (0.0, 0.5, 1.0):
        parts.append(f'<line class="grid" x1="{x(0)}" x2="{x(1)}" y1="{y(tick)}" y2="{y(tick)}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
        parts.append(f'<text class="tick" x="{x(tick)}" y="{y(0) + 16}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<line class="floor" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>')
    parts.append(f'<text class="tick" x="{x(0.5)}" y="{y(0) + 31}" text-anchor="middle">stated probability</text>')
    parts.append(f'<text class="tick" x="{_LEFT + 6}" y="{y(1) + 14}">observed</text>')
    for row in calibration.rows:
        radius = max(2.0, _LARGEST * (row.count / most) ** 0.5)
        told = f"stated {row.stated:.2f}, observed {row.observed:.2f}, {row.count} statements"
        parts.append(
            f'<circle class="dot s0" cx="{x(row.stated):.1f}" cy="{y(row.observed):.1f}" r="{radius:.1f}">'
            f"<title>{told}</title></circle>"
        )
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - numbers formatted by us, no other text
