"""Identity that gets onto the ultrasound image itself: typed there, or in a box that pops up during a clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonosift.phantom.paperwork.identities import plain_letters
from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.rare_mess import IDENTITY_TYPED_ON_IMAGE, LOW_CONTRAST, POPUP_IN_CLIP, TURNED_UPRIGHT
from sonosift.phantom.screen.screen_canvas import Canvas, Colour, TextKind
from sonosift.phantom.screen.screen_content import ScreenContent, written_date, written_name
from sonosift.phantom.screen.screen_fonts import Font, letters
from sonosift.phantom.screen.screen_styles import ScreenStyle

_INKS: tuple[Colour, ...] = (
    (255, 255, 255), (250, 230, 120), (120, 255, 160), (120, 200, 255), (255, 120, 110), (255, 170, 60),
)  # fmt: skip
_TRIES = 60
_BACKGROUND: Colour = (52, 56, 66)


@dataclass(frozen=True)
class TypedText:
    """Identity typed onto the image.

    Attributes:
        text: What is written.
        size: Of the letters, in pixels.
        ink: Their colour; None means a grey a little brighter than the tissue behind.
        upright: Whether the line runs from bottom to top.
    """

    text: str
    size: int
    ink: Colour | None
    upright: bool


@dataclass(frozen=True)
class Popup:
    """A box of the machine with identity in it.

    Attributes:
        lines: What it says, and whether that names somebody.
        frames: During which frames of the clip it is shown.
    """

    lines: tuple[tuple[str, TextKind], ...]
    frames: range


def draw_typed_text(
    style: ScreenStyle, content: ScreenContent, planted: Planted, chance: np.random.Generator
) -> TypedText | None:
    """Decide whether somebody typed identity onto the image, and what."""
    if chance.random() >= IDENTITY_TYPED_ON_IMAGE:
        return None
    patient = content.patient
    options = (
        ("name", "", written_name(patient, style.name_form)),
        ("name", "PT ", plain_letters(patient.family).upper()),
        ("id", "MRN ", patient.number),
        ("id", "", patient.number),
        ("birth", "DOB ", written_date(patient.birth, style.date_form)),
        ("physician", "", plain_letters(content.hospital.physicians[0]).replace("^", " ").strip()),
    )
    kind, title, token = options[int(chance.integers(len(options)))]
    size = int(chance.integers(11, max(13, style.font.size + 2)))
    ink = _INKS[int(chance.integers(len(_INKS)))]
    pale, upright = chance.random() < LOW_CONTRAST, bool(chance.random() < TURNED_UPRIGHT)
    return TypedText(title + planted.plant(kind, token), size, None if pale else ink, upright)


def draw_popup(content: ScreenContent, frames: int, planted: Planted, chance: np.random.Generator) -> Popup | None:
    """Decide whether a box pops up during a clip of ``frames``, with what, and when."""
    if frames < 4 or chance.random() >= POPUP_IN_CLIP:
        return None
    name = planted.plant("name", content.patient.screen_name)
    number = planted.plant("id", content.patient.number)
    says: tuple[tuple[tuple[str, TextKind], ...], ...] = (
        (("Store clip for", "machine"), (name, "identity")),
        ((name, "identity"), (f"ID {number}", "identity")),
        (("Worklist updated", "machine"), (f"{number} {name}", "identity")),
    )
    start = int(chance.integers(2, frames - 1))
    end = frames if chance.random() < 0.5 else int(chance.integers(start + 1, frames + 1))
    return Popup(says[int(chance.integers(len(says)))], range(start, end))


def put_typed_text(
    canvas: Canvas, style: ScreenStyle, typed: TypedText, behind: npt.NDArray[np.uint8], chance: np.random.Generator
) -> None:
    """Write it at a free place wholly on the image; on an image without such a place it is not written.

    Args:
        canvas: To write on.
        style: Of the screen.
        typed: What to write.
        behind: ``[H, W]`` the grey image on the screen.
        chance: For the place.
    """
    font = style.font.sized(typed.size)
    shape = letters(typed.text, font).shape
    box = _place(canvas, shape[::-1] if typed.upright else shape, chance)
    if box is None:
        return
    x0, y0, x1, y1 = box
    ink = typed.ink
    if ink is None:
        around = behind[y0:y1, x0:x1]
        level = min(230, round(float(around.mean() + 0.5 * around.std()) + 35))
        ink = (level, level, level)
    canvas.text(x0, y0, typed.text, font, ink, "identity", upright=typed.upright)


def put_popup(canvas: Canvas, style: ScreenStyle, popup: Popup, chance: np.random.Generator) -> None:
    """Draw the box onto the image."""
    font = Font("smooth", max(12, style.font.size - 2))
    widest = max(letters(line, font).shape[1] for line, _ in popup.lines)
    height, width = round(1.7 * font.size) * len(popup.lines) + 12, widest + 24
    rows, columns = np.nonzero(canvas.fan)
    x = int(columns.mean()) - width // 2 + int(chance.integers(-30, 31))
    y = int(rows.min() + chance.uniform(0.3, 0.6) * np.ptp(rows))
    canvas.rectangle((x - 1, y - 1, x + width + 1, y + height + 1), style.ink)
    canvas.rectangle((x, y, x + width, y + height), _BACKGROUND)
    for row, (line, kind) in enumerate(popup.lines):
        canvas.text(x + 12, y + 9 + row * round(1.7 * font.size), line, font, _INKS[0], kind)


def _place(canvas: Canvas, shape: tuple[int, ...], chance: np.random.Generator) -> tuple[int, int, int, int] | None:
    rows, columns = np.nonzero(canvas.fan)
    height, width = shape[0], shape[1]
    for _ in range(_TRIES):
        spot = int(chance.integers(len(rows)))
        x, y = int(columns[spot]) - width // 2, int(rows[spot]) - height // 2
        box = (x, y, x + width, y + height)
        if canvas.is_free(box, off_image=False) and canvas.fan[y : y + height, x : x + width].all():
            return box
    return None
