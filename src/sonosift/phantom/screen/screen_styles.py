"""How the screen of each invented machine looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sonosift.phantom.screen.screen_canvas import Colour
from sonosift.phantom.screen.screen_fonts import Font

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class ScreenStyle:
    """The look of one machine's screen.

    Attributes:
        name: The vendor's model, invented.
        vendor_mark: The word or sign the vendor leaves on the screen.
        width: Columns of the screen.
        height: Rows of the screen.
        area: Where the ultrasound image may lie.
        font: Letters of the machine's own texts.
        ink: Colour of the machine's texts.
        label_font: Letters of what the operator types.
        label_ink: Their colour.
        tint: Colour of a fully bright echo.
        backdrop: Colour of the empty screen.
        banner: Where name, number, hospital, and date stand.
        banner_box: The box of the banner.
        banner_fill: Its colour, or None when it has none.
        figures_box: Where depth, gain, frequency, and frame rate stand.
        figures_titles: Whether figures are written as ``Gain 60 %`` (True) or ``G60`` (False).
        grey_bar: Its box.
        ticks: Depth marks on the left or right edge of the image, or none.
        tick_labels: Whether every second mark carries centimetres.
        label_places: Where the operator's text goes, first free place first.
        label_inside: Share of frames where the operator puts the text onto the image all the same.
        identity_off: Share of exams whose screens show no patient data (privacy mode).
        birth_shown: Whether date of birth and sex are burnt in.
        date_form: How a day is written, for strftime.
        name_form: How a name is written: ``comma``, ``given-first``, or ``dicom``.
    """

    name: str
    vendor_mark: str
    width: int
    height: int
    area: Box
    font: Font
    ink: Colour
    label_font: Font
    label_ink: Colour
    tint: Colour
    backdrop: Colour
    banner: Literal["two lines", "left column", "corners"]
    banner_box: Box
    banner_fill: Colour | None
    figures_box: Box
    figures_titles: bool
    grey_bar: Box
    ticks: Literal["left", "right", "none"]
    tick_labels: bool
    label_places: tuple[Literal["top left", "top right", "bottom left", "bottom right", "below"], ...]
    label_inside: float
    identity_off: float
    birth_shown: bool
    date_form: str
    name_form: Literal["comma", "given-first", "dicom"]


SCREEN_STYLES: tuple[ScreenStyle, ...] = (
    ScreenStyle(
        name="Aurora 7", vendor_mark="norlind", width=1024, height=768, area=(170, 76, 930, 716),
        font=Font("smooth", 17), ink=(225, 225, 225), label_font=Font("bold", 21), label_ink=(250, 230, 120),
        tint=(255, 250, 238), backdrop=(0, 0, 0), banner="two lines", banner_box=(0, 0, 1024, 58),
        banner_fill=(44, 47, 54), figures_box=(10, 90, 160, 420), figures_titles=True, grey_bar=(990, 100, 1006, 300),
        ticks="right", tick_labels=True, label_places=("bottom left", "bottom right", "top left", "below"),
        label_inside=0.15, identity_off=0.05, birth_shown=True, date_form="%d.%m.%Y", name_form="comma",
    ),
    ScreenStyle(
        name="Sonara E9", vendor_mark="sonara", width=1280, height=960, area=(240, 96, 1180, 880),
        font=Font("smooth", 20), ink=(205, 212, 220), label_font=Font("smooth", 28), label_ink=(255, 214, 64),
        tint=(255, 236, 205), backdrop=(10, 11, 14), banner="left column", banner_box=(14, 20, 232, 380),
        banner_fill=None, figures_box=(14, 400, 232, 760), figures_titles=True, grey_bar=(1240, 120, 1258, 420),
        ticks="right", tick_labels=True, label_places=("bottom left", "bottom right", "top right", "below"),
        label_inside=0.3, identity_off=0.15, birth_shown=True, date_form="%d %b %Y", name_form="given-first",
    ),
    ScreenStyle(
        name="Vesta 300", vendor_mark="ORIEL", width=640, height=480, area=(40, 62, 574, 452),
        font=Font("pixel", 11), ink=(255, 255, 255), label_font=Font("pixel", 16), label_ink=(255, 255, 255),
        tint=(255, 255, 255), backdrop=(0, 0, 0), banner="corners", banner_box=(6, 4, 634, 58),
        banner_fill=None, figures_box=(582, 66, 638, 300), figures_titles=False, grey_bar=(8, 100, 18, 196),
        ticks="left", tick_labels=False, label_places=("below", "bottom right", "bottom left"),
        label_inside=0.35, identity_off=0.0, birth_shown=False, date_form="%m/%d/%y", name_form="dicom",
    ),
    ScreenStyle(
        name="Pocketscan Q", vendor_mark="FERNHALL", width=800, height=600, area=(110, 70, 740, 570),
        font=Font("narrow", 16), ink=(240, 240, 240), label_font=Font("smooth", 20), label_ink=(245, 245, 245),
        tint=(232, 240, 255), backdrop=(0, 0, 0), banner="two lines", banner_box=(0, 0, 800, 52),
        banner_fill=(238, 238, 238), figures_box=(6, 64, 100, 320), figures_titles=False, grey_bar=(766, 90, 776, 210),
        ticks="right", tick_labels=False, label_places=("top left", "bottom right", "bottom left", "below"),
        label_inside=0.25, identity_off=0.1, birth_shown=False, date_form="%Y-%m-%d", name_form="comma",
    ),
    ScreenStyle(
        name="Helix XP", vendor_mark="NORLIND", width=960, height=720, area=(90, 80, 850, 690),
        font=Font("plotter", 15), ink=(210, 235, 235), label_font=Font("plotter", 20), label_ink=(120, 255, 160),
        tint=(240, 250, 255), backdrop=(0, 0, 0), banner="corners", banner_box=(10, 8, 950, 74),
        banner_fill=None, figures_box=(856, 100, 954, 420), figures_titles=False, grey_bar=(40, 110, 52, 270),
        ticks="left", tick_labels=True, label_places=("bottom right", "below", "top right"),
        label_inside=0.2, identity_off=0.05, birth_shown=True, date_form="%Y/%m/%d", name_form="dicom",
    ),
)  # fmt: skip


def style_for(scanner_index: int) -> ScreenStyle:
    """Return the screen of the machine at ``scanner_index``, in the order of ``SCANNERS``."""
    return SCREEN_STYLES[scanner_index % len(SCREEN_STYLES)]
