"""Colour Doppler: a box on the image with flow where it is dark, and its colour scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonosift.phantom.screen.screen_canvas import Canvas
from sonosift.phantom.screen.screen_styles import ScreenStyle

_BOX_TRIES = 6
_VESSEL_SHARE = 0.12  # of a well-placed box is vessel


@dataclass(frozen=True)
class FlowBox:
    """A colour box and what flows in it.

    Attributes:
        inside: ``[H, W]`` of the screen: the box, cut by the fan.
        outline: Corner points of the box.
        pattern: ``[H, W]`` a smooth field in about [-3, 3]: which way the blood goes.
        limit_cm_s: The speed at the ends of the colour scale.
    """

    inside: npt.NDArray[np.bool_]
    outline: npt.NDArray[np.float64]
    pattern: npt.NDArray[np.float32]
    limit_cm_s: float

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 of the box, exclusive at the end."""
        rows, columns = np.nonzero(self.inside)
        if not len(rows):
            return (0, 0, 0, 0)
        return (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def draw_box(fan: npt.NDArray[np.bool_], rng: np.random.Generator, *, sector: bool) -> FlowBox:
    """Place a colour box in the middle of the fan: a piece of a sector, or a slanted rectangle for a linear probe."""
    import cv2

    height, width = fan.shape
    rows, columns = np.nonzero(fan)
    top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
    depth, breadth = bottom - top, right - left
    y0 = top + depth * rng.uniform(0.15, 0.5)
    y1 = y0 + depth * rng.uniform(0.25, 0.4)
    middle = (left + right) / 2 + breadth * rng.uniform(-0.12, 0.12)
    half = breadth * rng.uniform(0.12, 0.2)
    lean = half * (0.35 if sector else 0.0)
    shift = 0.0 if sector else float((y1 - y0) * rng.choice([-0.3, 0.3]))
    outline = np.array(
        [
            [middle - half + lean, y0], [middle + half - lean, y0],
            [middle + half + lean + shift, y1], [middle - half - lean + shift, y1],
        ]
    )  # fmt: skip
    inside = np.zeros(fan.shape, dtype=np.uint8)
    cv2.fillPoly(inside, [np.rint(outline).astype(np.int32)], 1)
    coarse = rng.standard_normal((height // 24 + 2, width // 24 + 2)).astype(np.float32)
    pattern = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), 1.2) * 3, (width, height), interpolation=cv2.INTER_CUBIC)
    field = np.asarray(pattern, dtype=np.float32)
    return FlowBox(inside.astype(bool) & fan, outline, field, float(rng.choice([11.5, 19.2, 23.1, 38.5, 61.6])))


def choose_box(
    fan: npt.NDArray[np.bool_], grey: npt.NDArray[np.uint8], rng: np.random.Generator, *, sector: bool
) -> FlowBox:
    """Draw some boxes and keep the one that an operator would: on vessels, not on plain tissue or a shadow.

    Args:
        fan: ``[H, W]`` where the image is.
        grey: ``[H, W]`` echo brightness.
        rng: Source of the boxes.
        sector: See ``draw_box``.
    """
    import cv2

    smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), 4))

    def doubt(box: FlowBox) -> float:
        levels = smooth[box.inside]
        if not levels.size:
            return 1.0
        return abs(float(np.mean(levels < 0.5 * np.median(levels))) - _VESSEL_SHARE)

    return min((draw_box(fan, rng, sector=sector) for _ in range(_BOX_TRIES)), key=doubt)


def flow_colours(speed: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Map speed in [-1, 1] to the usual scale: red to yellow towards the probe, blue to cyan away from it.

    >>> flow_colours(np.array([1.0, -1.0], dtype=np.float32)).tolist()
    [[255, 230, 60], [60, 230, 255]]
    """
    strength = np.clip(np.abs(speed), 0, 1)
    main = 110 + 145 * np.minimum(1, 1.6 * strength)
    second = 230 * np.clip(strength * 1.7 - 0.7, 0, 1)
    third = 60 * np.clip(strength * 2 - 1, 0, 1)
    towards = np.stack([main, second, third], axis=-1)
    away = np.stack([third, second, main], axis=-1)
    return np.where((speed >= 0)[..., None], towards, away).astype(np.uint8)


def scale_colours(rows: int) -> npt.NDArray[np.uint8]:
    """Return the colours of the scale from fast towards to fast away."""
    return flow_colours(np.linspace(1, -1, rows, dtype=np.float32))


def paint_flow(
    screen: npt.NDArray[np.uint8],
    grey: npt.NDArray[np.uint8],
    box: FlowBox,
    rng: np.random.Generator,
    beat: float,
    *,
    corner: tuple[int, int] = (0, 0),
) -> None:
    """Colour the dark, flowing places of one frame in place.

    Args:
        screen: ``[h, w, 3]`` picture to colour, the whole screen or a part of it.
        grey: ``[h, w]`` echo brightness.
        box: Where to look for flow.
        rng: For the speckled edge of the colour.
        beat: Strength of the flow now, 0 to 1; it follows the heart.
        corner: Column and row of the part's corner on the screen.
    """
    import cv2

    x0, y0, x1, y1 = box.bounds
    if x1 <= x0 or y1 <= y0:
        return
    window = np.s_[y0:y1, x0:x1]
    part = np.s_[y0 - corner[1] : y1 - corner[1], x0 - corner[0] : x1 - corner[0]]
    smooth = cv2.GaussianBlur(grey[part], (0, 0), 4).astype(np.float32)
    inside = box.inside[window]
    # Vessels are dark, and the wall filter hides flow in what is bright; where no vessel is, a few spots remain.
    threshold = max(0.6 * float(np.median(smooth[inside])), float(np.quantile(smooth[inside], 0.04)))
    ragged = rng.standard_normal((y1 - y0, x1 - x0), dtype=np.float32)
    edge = np.asarray(cv2.GaussianBlur(ragged, (0, 0), 2.0), dtype=np.float32) * 3
    pattern = box.pattern[window]
    seen = inside & (smooth + 5 * edge < threshold) & (np.abs(pattern) > 0.45 - 0.2 * beat)
    speed = np.clip(pattern * (0.35 + 0.5 * beat) + 0.12 * edge, -1, 1).astype(np.float32)
    screen[part][seen] = flow_colours(speed[seen])


def draw_frame(canvas: Canvas, style: ScreenStyle, box: FlowBox) -> None:
    """Draw the outline of the box and the ends of the colour scale."""
    canvas.lines(box.outline, (90, 220, 235) if style.font.family == "plotter" else (240, 240, 240), closed=True)
    _, y0, x1, y1 = style.grey_bar
    right = x1 + 8
    for y, sign in ((y0 - style.font.size - 4, "+"), (y1 + 4, "-")):
        canvas.text(right, y, f"{sign}{box.limit_cm_s:.1f}", style.font, style.ink, anchor="right")
    canvas.text(right, y1 + 8 + style.font.size, "cm/s", style.font, style.ink, anchor="right")
