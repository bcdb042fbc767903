"""Patient, hospital, date, and time on the screen."""

from __future__ import annotations

import textwrap

from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.screen.screen_canvas import Canvas, Colour, TextKind, luminance
from sonosift.phantom.screen.screen_content import ScreenContent, written_date, written_name
from sonosift.phantom.screen.screen_styles import ScreenStyle


def draw_banner(canvas: Canvas, style: ScreenStyle, content: ScreenContent, planted: Planted) -> None:
    """Write the banner of ``style``; what identifies somebody is planted."""
    if style.banner_fill is not None:
        canvas.rectangle(style.banner_box, style.banner_fill)
    writers = {"two lines": _two_lines, "left column": _left_column, "corners": _corners}
    writers[style.banner](_Writer(canvas, style, content, planted))


class _Writer:
    """The texts of one banner, and the pen that writes them."""

    def __init__(self, canvas: Canvas, style: ScreenStyle, content: ScreenContent, planted: Planted) -> None:
        self.canvas, self.style, self.content, self._planted = canvas, style, content, planted
        self.box = style.banner_box
        self.line = round(style.font.size * 1.5)
        patient, hospital = content.patient, content.hospital
        self.name = self._secret("name", written_name(patient, style.name_form))
        self.number = self._secret("id", patient.number)
        self.birth = self._secret("birth", written_date(patient.birth, style.date_form)) if style.birth_shown else ""
        self.hospital = planted.plant("hospital", hospital.name)
        self.operator = planted.plant("operator", content.operator)
        self.day = planted.plant("date", written_date(content.when.date(), style.date_form))
        self.time = content.when.strftime("%H:%M:%S")

    def _secret(self, kind: str, token: str) -> str:
        return self._planted.plant(kind, token) if self.content.shows_identity else ""

    @property
    def ink(self) -> Colour:
        """Dark on a bright banner, the machine's ink otherwise."""
        fill = self.style.banner_fill
        return (20, 20, 24) if fill is not None and luminance(fill) > 128 else self.style.ink

    def hospital_lines(self, letters: int) -> list[str]:
        """Break the hospital's name into lines of about ``letters``, for a narrow column."""
        lines = textwrap.wrap(self.hospital, letters)
        return [self._planted.plant("hospital", line) for line in lines]

    def put(self, x: int, row: float, text: str, *, identity: bool = True, anchor: str = "left") -> None:
        """Write one text in a row of the banner."""
        y = self.box[1] + 7 + round(row * self.line)
        kind: TextKind = "identity" if identity else "machine"
        self.canvas.text(x, y, text, self.style.font, self.ink, kind, anchor=anchor)

    @property
    def indices(self) -> str:
        """The exposure figures."""
        return f"MI {self.content.mechanical_index:.1f}"

    @property
    def thermal(self) -> str:
        """The thermal index."""
        return f"TIS {self.content.thermal_index:.1f}"


def _two_lines(pen: _Writer) -> None:
    left, width = pen.box[0] + 14, pen.box[2] - pen.box[0]
    pen.canvas.text(
        left, pen.box[1] + 8, pen.style.vendor_mark, pen.style.font.sized(round(pen.style.font.size * 1.25)), pen.ink
    )
    pen.put(left + round(0.13 * width), 0, pen.name)
    pen.put(left + round(0.13 * width), 1, f"{pen.number}  {pen.birth}".strip())
    pen.put(left + round(0.42 * width), 0, pen.hospital)
    pen.put(left + round(0.42 * width), 1, f"{pen.content.preset}  {pen.operator}")
    pen.put(left + round(0.73 * width), 0, pen.indices, identity=False)
    pen.put(left + round(0.73 * width), 1, pen.thermal, identity=False)
    pen.put(pen.box[2] - 14, 0, pen.day, anchor="right")
    pen.put(pen.box[2] - 14, 1, pen.time, anchor="right")


def _left_column(pen: _Writer) -> None:
    left = pen.box[0] + 6
    style = pen.style
    pen.canvas.text(left, pen.box[1] + 4, style.vendor_mark, style.font.sized(style.font.size + 10), (120, 190, 240))
    who = (pen.name, pen.number, pen.birth, "", pen.day, pen.time, *pen.hospital_lines(21))
    for row, text in enumerate(who, start=2):
        pen.put(left, row, text)
    pen.put(left, 11, pen.indices, identity=False)
    pen.put(left + 90, 11, pen.thermal, identity=False)


def _corners(pen: _Writer) -> None:
    left, right = pen.box[0], pen.box[2]
    pen.put(left, 0, pen.hospital)
    pen.put(left, 1, pen.name)
    pen.put(left, 2, f"{pen.number} {pen.birth}".strip())
    pen.put((left + right) // 2 + 40, 0, pen.style.vendor_mark, identity=False, anchor="middle")
    pen.put(right, 0, f"{pen.day} {pen.time}", anchor="right")
    pen.put(right, 1, f"{pen.content.preset} {pen.content.probe}", identity=False, anchor="right")
    pen.put(right, 2, f"{pen.operator} {pen.indices}", anchor="right")
