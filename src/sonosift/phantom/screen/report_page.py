"""Screens without a scan: report pages with measurements, and the service engineer's test images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.screen.screen_canvas import Canvas, DrawnText
from sonosift.phantom.screen.screen_content import ScreenContent, written_date, written_name
from sonosift.phantom.screen.screen_styles import ScreenStyle

_MEASURED = (
    ("Liver length", "cm", 11.0, 18.0), ("CBD", "mm", 2.0, 7.0), ("GB wall", "mm", 1.0, 4.0),
    ("RT kidney length", "cm", 9.0, 12.5), ("LT kidney length", "cm", 9.0, 12.5), ("Spleen", "cm", 8.0, 13.0),
    ("Aorta prox", "cm", 1.5, 2.6), ("Portal vein", "mm", 8.0, 14.0), ("Bladder volume", "ml", 20.0, 400.0),
)  # fmt: skip


def draw_report(
    style: ScreenStyle, content: ScreenContent, planted: Planted, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], list[DrawnText]]:
    """Return the picture ``[H, W, 3]`` of a report page, and its texts."""
    canvas = Canvas(style.height, style.width, 3, np.zeros((style.height, style.width), dtype=bool))
    canvas.rectangle((0, 0, style.width, style.height), (28, 32, 44))
    line = round(style.font.size * 1.8)
    left, y = style.width // 12, line
    ink = (235, 235, 235)
    canvas.text(left, y, "ABDOMEN REPORT", style.font.sized(style.font.size + 8), ink)
    patient, hospital = content.patient, content.hospital
    lines = (
        ("hospital", hospital.name, "Institution"),
        ("name", written_name(patient, style.name_form), "Patient"),
        ("id", patient.number, "ID"),
        ("birth", written_date(patient.birth, style.date_form), "Date of birth"),
        ("date", written_date(content.when.date(), style.date_form), "Exam date"),
        ("physician", hospital.physicians[0].replace("^", " ").strip(), "Ref. physician"),
    )
    for row, (kind, text, title) in enumerate(lines, start=2):
        canvas.text(left, y + row * line, f"{title}:", style.font, ink)
        value = planted.plant(kind, text)
        canvas.text(left + style.width // 5, y + row * line, value, style.font, ink, "identity")
    y += 9 * line
    canvas.rectangle((left, y - line // 2, style.width - left, y - line // 2 + 1), ink)
    chosen = rng.permutation(len(_MEASURED))[: int(rng.integers(4, 8))]
    for row, index in enumerate(sorted(int(number) for number in chosen)):
        title, unit, low, high = _MEASURED[index]
        canvas.text(left, y + row * line, title, style.font, ink)
        value = f"{rng.uniform(low, high):.1f} {unit}"
        canvas.text(left + style.width // 3, y + row * line, value, style.font, ink, "measurement")
    return canvas.over(np.zeros((style.height, style.width, 3), dtype=np.uint8)), canvas.texts


def draw_test_image(style: ScreenStyle, rng: np.random.Generator) -> tuple[npt.NDArray[np.uint8], list[DrawnText]]:
    """Return a monitor test pattern ``[H, W, 3]``, and its texts."""
    canvas = Canvas(style.height, style.width, 3, np.zeros((style.height, style.width), dtype=bool))
    steps = int(rng.integers(8, 17))
    for step in range(steps):
        grey = round(255 * step / (steps - 1))
        x0, x1 = style.width * step // steps, style.width * (step + 1) // steps
        canvas.rectangle((x0, style.height // 4, x1, style.height // 2), (grey, grey, grey))
    for spacing in (32, 64):
        y = style.height * 3 // 4 + spacing
        canvas.rectangle((0, y, style.width, y + 1), style.ink)
    canvas.text(style.width // 2, style.height // 8, "TEST PATTERN", style.font, style.ink, anchor="middle")
    canvas.text(style.width // 2, style.height * 5 // 8, style.vendor_mark, style.font, style.ink, anchor="middle")
    return canvas.over(np.zeros((style.height, style.width, 3), dtype=np.uint8)), canvas.texts
