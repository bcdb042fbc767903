"""What the machine itself draws beside the image: figures, grey bar, depth marks, focus, frame line."""

from __future__ import annotations

import numpy as np

from sonosift.phantom.screen.screen_canvas import Canvas
from sonosift.phantom.screen.screen_content import ScreenContent
from sonosift.phantom.screen.screen_styles import ScreenStyle


def draw_figures(canvas: Canvas, style: ScreenStyle, content: ScreenContent) -> None:
    """Write probe, frequency, depth, gain, dynamic range, and frame rate."""
    depth = f"{content.depth_mm / 10:.1f}"
    if style.figures_titles:
        texts = [
            content.probe, content.preset, "", f"Freq {content.frequency_mhz:.1f} MHz", f"Depth {depth} cm",
            f"Gain {content.gain_db} %", f"DR {content.dynamic_range_db} dB", f"{content.frame_rate_hz:.0f} Hz",
        ]  # fmt: skip
    else:
        texts = [
            content.probe, f"{content.frame_rate_hz:.0f}Hz", f"{depth}cm", "", "2D", f" Gn {content.gain_db}",
            f" C {content.dynamic_range_db}", f" {content.frequency_mhz:.1f}M",
        ]  # fmt: skip
    x, y = style.figures_box[:2]
    line = round(style.font.size * 1.45)
    for row, text in enumerate(texts):
        if y + (row + 1) * line <= style.figures_box[3]:
            canvas.text(x, y + row * line, text, style.font, style.ink)


def draw_grey_bar(canvas: Canvas, style: ScreenStyle, colours: np.ndarray | None = None) -> None:
    """Draw the grey scale, or the colour scale of the flow (``[h, 3]``, one colour per row of its box)."""
    x0, y0, x1, y1 = style.grey_bar
    scale = colours
    if scale is None:
        scale = np.repeat(np.linspace(255, 0, y1 - y0).astype(np.uint8)[:, None], 3, axis=1)
    canvas.patch(x0, y0, np.repeat(scale[:, None], x1 - x0, axis=1))


def draw_depth_marks(canvas: Canvas, style: ScreenStyle, mm_per_pixel: float, focus: float) -> None:
    """Draw a mark per centimetre beside the image and the sign of the focus."""
    rows = np.flatnonzero(canvas.fan.any(axis=1))
    if style.ticks == "none" or not len(rows):
        return
    top, bottom = int(rows[0]), int(rows[-1])
    right = style.ticks == "right"
    x = style.area[2] + 6 if right else style.area[0] - 12
    for centimetre in range(int((bottom - top) * mm_per_pixel / 10) + 1):
        y = top + round(centimetre * 10 / mm_per_pixel)
        length = 9 if centimetre % 5 == 0 else 5
        canvas.rectangle((x, y, x + length, y + 2), style.ink)
        if style.tick_labels and centimetre and centimetre % 5 == 0:
            anchor = "left" if right else "right"
            small = style.font.sized(max(9, style.font.size - 4))
            canvas.text(x + 12 if right else x - 3, y - 5, str(centimetre), small, style.ink, anchor=anchor)
    focus_row = top + focus * (bottom - top)
    side = 1.0 if right else -1.0
    tip = x - 2.0 if right else x + 12.0
    triangle = np.array([[tip, focus_row], [tip + side * 9, focus_row - 5], [tip + side * 9, focus_row + 5]])
    canvas.lines(triangle, style.ink, closed=True)


def draw_orientation_mark(canvas: Canvas, style: ScreenStyle) -> None:
    """Draw the vendor's sign for the probe's marked side at the top of the image."""
    rows = np.flatnonzero(canvas.fan.any(axis=1))
    if not len(rows):
        return
    columns = np.flatnonzero(canvas.fan[rows[0]])
    x, y = int(columns[0]) - 2 * style.font.size, max(style.area[1], int(rows[0]) - 4)
    canvas.text(max(style.area[0], x), y, style.vendor_mark[0].upper(), style.font, style.ink)
