"""What the operator adds: the word for the view, calipers with distances, a body mark, an arrow, a needle guide."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonosift.phantom.screen.screen_canvas import Canvas
from sonosift.phantom.screen.screen_fonts import letters
from sonosift.phantom.screen.screen_styles import ScreenStyle

Point = tuple[float, float]


def draw_label(canvas: Canvas, style: ScreenStyle, text: str, rng: np.random.Generator) -> None:
    """Write the operator's word: at the first free place off the image, or onto it by ``style.label_inside``."""
    mask = letters(text, style.label_font)
    height, width = mask.shape
    if rng.random() < style.label_inside:
        x, y = _place_on_image(canvas, style, height, width, rng)
    else:
        x, y = _place_beside_image(canvas, style, height, width)
    canvas.text(x, y, text, style.label_font, style.label_ink, "label")


def _place_on_image(
    canvas: Canvas, style: ScreenStyle, height: int, width: int, rng: np.random.Generator
) -> tuple[int, int]:
    x0, y0, x1, y1 = style.area
    for _ in range(12):
        x = int(rng.integers(x0, max(x0 + 1, x1 - width)))
        y = int(rng.integers(y0 + (y1 - y0) // 8, max(y0 + 1, y1 - height)))
        if canvas.fan[y : y + height, x : x + width].any() and canvas.is_free(
            (x, y, x + width, y + height), off_image=False
        ):
            return x, y
    return (x0 + x1 - width) // 2, y1 - 2 * height


def _place_beside_image(canvas: Canvas, style: ScreenStyle, height: int, width: int) -> tuple[int, int]:
    x0, y0, x1, y1 = style.area
    gap = 4
    below = min(canvas.height - height - 1, y1 + gap)
    places = {
        "top left": (x0 + gap, y0 + gap),
        "top right": (x1 - width - gap, y0 + gap),
        "bottom left": (x0 + gap, y1 - height - gap),
        "bottom right": (x1 - width - gap, y1 - height - gap),
        "below": ((x0 + x1 - width) // 2, below),
    }
    for name in style.label_places:
        x, y = places[name]
        if canvas.is_free((x, y, x + width, y + height), off_image=True):
            return x, y
    return places["below"]


def draw_calipers(
    canvas: Canvas,
    style: ScreenStyle,
    ends: list[tuple[Point, Point]],
    mm_per_pixel: float,
    rng: np.random.Generator,
) -> None:
    """Mark each distance with two crosses and a dotted line, and write its length beside the image."""
    line = round(style.font.size * 1.5)
    x = style.area[0] + 6 if rng.random() < 0.5 else style.area[2] - 9 * style.font.size
    y = style.area[3] - (len(ends) + 2) * line
    for number, (first, second) in enumerate(ends, start=1):
        for point in (first, second):
            _cross(canvas, point, style.label_ink, turned=number == 2)
        _dots(canvas, first, second, style.label_ink)
        length = float(np.hypot(first[0] - second[0], first[1] - second[1])) * mm_per_pixel
        form = f"{number} D {length / 10:.2f} cm" if style.figures_titles else f"{'+x'[number % 2]} {length:.1f} mm"
        canvas.text(x, y + number * line, form, style.font, style.ink, "measurement")


def _cross(canvas: Canvas, point: Point, colour: tuple[int, int, int], *, turned: bool) -> None:
    arms = np.array([[5.0, 0.0], [0.0, 5.0]]) if not turned else np.array([[4.0, 4.0], [4.0, -4.0]])
    for arm in arms:
        canvas.lines(np.array([point - arm, point + arm]), colour)


def _dots(canvas: Canvas, first: Point, second: Point, colour: tuple[int, int, int]) -> None:
    distance = float(np.hypot(second[0] - first[0], second[1] - first[1]))
    for share in np.arange(10.0, distance, 7.0) / max(distance, 1.0):
        x = round(first[0] + share * (second[0] - first[0]))
        y = round(first[1] + share * (second[1] - first[1]))
        canvas.rectangle((x, y, x + 1, y + 1), colour)


def draw_body_mark(canvas: Canvas, style: ScreenStyle, view: str, rng: np.random.Generator) -> None:
    """Draw the little trunk with the probe on it, in the first free corner of the image area."""
    size = 3 * style.font.size
    x0, y0, x1, y1 = style.area
    corners = [(x1 - size - 4, y1 - size - 40), (x0 + 4, y1 - size - 40), (x1 - size - 4, y0 + 30), (x0 + 4, y0 + 30)]
    corner = next(
        (place for place in corners if canvas.is_free((*place, place[0] + size, place[1] + size), off_image=True)),
        corners[int(rng.integers(2))],
    )
    # Shoulders, waist, hips: half of a trunk, mirrored.
    half = np.array([[0.16, 0.0], [0.45, 0.08], [0.42, 0.3], [0.33, 0.55], [0.4, 0.8], [0.42, 1.0]])
    for sign in (-1.0, 1.0):
        canvas.lines(np.array(corner) + size * (np.array([0.5, 0.0]) + half * [sign, 1.0]), style.ink)
    side = 0.5
    if "right" in view or "gallbladder" in view:
        side = 0.3
    elif "left_kidney" in view or view == "spleen":
        side = 0.7
    height = 0.85 if "bladder" in view and "gall" not in view else 0.5
    angle = np.pi / 2 if view.endswith(("sag", "lobe")) else 0.0
    arm = 0.12 * np.array([np.cos(angle), np.sin(angle)])
    middle = np.array([side, height]) + rng.normal(0, 0.03, 2)
    canvas.lines(np.array(corner) + size * np.array([middle - arm, middle + arm]), style.label_ink, width=2)


def draw_arrow(canvas: Canvas, style: ScreenStyle, tip: Point, rng: np.random.Generator) -> None:
    """Point at something."""
    angle = float(rng.uniform(0, 2 * np.pi))
    way = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-way[1], way[0]])
    start = np.array(tip) + 34 * way
    canvas.lines(np.array([tip, start]), style.label_ink)
    canvas.lines(np.array([tip + 9 * way + 5 * across, tip, tip + 9 * way - 5 * across]), style.label_ink)


def draw_needle_guide(canvas: Canvas, style: ScreenStyle) -> None:
    """Draw the dotted path of a biopsy needle across the image."""
    rows, columns = np.nonzero(canvas.fan)
    start = np.array([columns.min(), rows.min() + 0.1 * np.ptp(rows)])
    end = np.array([columns.mean() + 0.2 * np.ptp(columns), rows.max()])
    for share in np.arange(0.0, 1.0, 0.02):
        x, y = np.rint(start + share * (end - start)).astype(int)
        if canvas.fan[int(y), int(x)]:
            canvas.rectangle((int(x), int(y), int(x) + 2, int(y) + 2), style.label_ink)


def measured_ends(mask: npt.NDArray[np.bool_], rng: np.random.Generator) -> list[tuple[Point, Point]]:
    """Place one or two calipers across the longest and the shortest way through ``mask``, a little off as people do."""
    rows, columns = np.nonzero(mask)
    if len(rows) < 60:
        return []
    points = np.stack([columns, rows], axis=1).astype(float)
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T))
    ends: list[tuple[Point, Point]] = []
    for axis in axes.T[::-1][: int(rng.integers(1, 3))]:
        along = (points - middle) @ axis
        reach = np.quantile(along, [0.01, 0.99]) + rng.normal(0, 2, 2)
        first, second = middle + reach[0] * axis, middle + reach[1] * axis
        ends.append(((float(first[0]), float(first[1])), (float(second[0]), float(second[1]))))
    return ends
