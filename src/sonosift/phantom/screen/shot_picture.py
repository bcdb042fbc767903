"""One shot as its machine shows it: which extras it has, and the frames with all their texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.scanning.acquisition import Acquisition, ScanFrame
from sonosift.phantom.screen.overlay_banner import draw_banner
from sonosift.phantom.screen.overlay_flow import FlowBox, choose_box, draw_frame, scale_colours
from sonosift.phantom.screen.overlay_heart_trace import draw_heart_trace
from sonosift.phantom.screen.overlay_machine import draw_depth_marks, draw_figures, draw_grey_bar, draw_orientation_mark
from sonosift.phantom.screen.overlay_operator import (
    draw_arrow,
    draw_body_mark,
    draw_calipers,
    draw_label,
    draw_needle_guide,
    measured_ends,
)
from sonosift.phantom.screen.screen_canvas import Canvas, DrawnText
from sonosift.phantom.screen.screen_content import ScreenContent
from sonosift.phantom.screen.screen_picture import Picture, Placement, place
from sonosift.phantom.screen.screen_styles import ScreenStyle
from sonosift.phantom.screen.text_on_image import draw_popup, draw_typed_text, put_popup, put_typed_text

_FLOW_VIEWS = ("portal_vein", "aorta", "common_bile_duct", "right_kidney_sag", "left_kidney_sag", "spleen",
               "thyroid_right", "thyroid_left", "neck", "liver_right_lobe")  # fmt: skip


@dataclass(frozen=True)
class Extras:
    """What is drawn on one shot besides the machine's usual.

    Attributes:
        label: The operator's word for the view, or None.
        colour_flow: A colour box.
        dual: Two images beside each other.
        heart_trace: An ECG line.
        calipers: Distances across something.
        body_mark: The little trunk.
        arrow: An arrow onto something.
        needle_guide: The path of a needle.
    """

    label: str | None = None
    colour_flow: bool = False
    dual: bool = False
    heart_trace: bool = False
    calipers: bool = False
    body_mark: bool = False
    arrow: bool = False
    needle_guide: bool = False


@dataclass(frozen=True)
class ShownShot:
    """The frames of a shot on their screen.

    Attributes:
        frames: ``[n, H, W]`` or ``[n, H, W, 3]``.
        texts: Every text that stands still.
        placements: Where each scan lies.
        flow: The colour box, if there is one.
        passing: Texts that are there during some frames only.
        passing_frames: During which.
        bare: The frames without anything drawn, black outside the fan; None unless asked for.
    """

    frames: npt.NDArray[np.uint8]
    texts: tuple[DrawnText, ...]
    placements: tuple[Placement, ...]
    flow: FlowBox | None
    passing: tuple[DrawnText, ...] = ()
    passing_frames: range = range(0)
    bare: npt.NDArray[np.uint8] | None = None

    def texts_at(self, index: int) -> tuple[DrawnText, ...]:
        """Return every text on one frame."""
        return self.texts + (self.passing if index in self.passing_frames else ())


def draw_extras(
    view: str, label: str | None, *, clip: bool, intervention: bool, marks_body: float, rng: np.random.Generator
) -> Extras:
    """Draw which extras a shot of ``view`` has."""
    flow = bool(rng.random() < (0.12 if view in _FLOW_VIEWS else 0.03))
    return Extras(
        label=label,
        colour_flow=flow,
        dual=bool(not clip and not flow and rng.random() < 0.03),
        heart_trace=bool(clip and rng.random() < 0.1),
        calipers=bool(not clip and rng.random() < 0.16),
        body_mark=bool(rng.random() < marks_body),
        arrow=bool(rng.random() < 0.04),
        needle_guide=bool(intervention and not clip and rng.random() < 0.3),
    )


def show(
    style: ScreenStyle,
    acquisitions: Sequence[Acquisition],
    content: ScreenContent,
    extras: Extras,
    *,
    channels: int,
    planted: Planted,
    rng: np.random.Generator,
    chance: np.random.Generator,
    keep_bare: bool = False,
) -> ShownShot:
    """Show one acquisition, or two beside each other, on the screen of ``style``.

    Args:
        style: The machine's screen.
        acquisitions: What was scanned.
        content: What the machine may write.
        extras: What else is drawn.
        channels: 1 for a grey picture, 3 for a coloured one.
        planted: Collects identity.
        rng: Of the usual drawing.
        chance: Of the rare mess, see ``rare_mess.own_chance``.
        keep_bare: Whether the pictures under the drawing are returned as well.
    """
    first = acquisitions[0]
    placements = [
        place(style, scan.fan.shape, column=column, columns=len(acquisitions))
        for column, scan in enumerate(acquisitions)
    ]
    fan = np.zeros((style.height, style.width), dtype=bool)
    for placement, scan in zip(placements, acquisitions, strict=True):
        fan |= placement.mask_on(scan.fan, style)
    canvas = Canvas(style.height, style.width, channels, fan)
    flow = None
    if extras.colour_flow and channels == 3:
        grey = placements[0].image_on(first.frames[0].image, style)
        flow = choose_box(fan, grey, rng, sector=first.geometry.kind != "linear")
    _draw_machine(canvas, style, content, first.mm_per_pixel / placements[0].scale, flow, planted)
    _draw_operator(canvas, style, acquisitions, placements, extras, rng)
    clip = len(first.frames) > 1
    if extras.heart_trace:
        draw_heart_trace(canvas, style, len(first.frames) / content.frame_rate_hz, 1.2, float(rng.uniform()))
    typed = draw_typed_text(style, content, planted, chance)
    if typed is not None:
        put_typed_text(canvas, style, typed, placements[0].image_on(first.frames[0].image, style), chance)
    picture = Picture(style, canvas, placements)
    popup = draw_popup(content, len(first.frames), planted, chance)
    with_popup = picture
    passing: tuple[DrawnText, ...] = ()
    if popup is not None:
        sheet = canvas.copy()
        put_popup(sheet, style, popup, chance)
        with_popup, passing = Picture(style, sheet, placements), tuple(sheet.texts[len(canvas.texts) :])
    passing_frames = popup.frames if popup is not None else range(0)
    frames, bare = [], []
    for index in range(len(first.frames)):
        beat = 0.5 + 0.5 * np.sin(2 * np.pi * 1.2 * first.frames[index].time_s) if clip else float(rng.uniform(0.3, 1))
        parts = [scan.frames[min(index, len(scan.frames) - 1)] for scan in acquisitions]
        moving = None if flow is None else _without_still_fluid(flow, parts[0], placements[0], style)
        screen = with_popup if index in passing_frames else picture
        under = screen.black() if keep_bare else None
        frames.append(screen.frame([part.image for part in parts], flow=moving, rng=rng, beat=float(beat), bare=under))
        if under is not None:
            bare.append(under)
    return ShownShot(
        np.stack(frames), tuple(canvas.texts), tuple(placements), flow, passing, passing_frames,
        np.stack(bare) if keep_bare else None,
    )  # fmt: skip


def _without_still_fluid(flow: FlowBox, scan: ScanFrame, placement: Placement, style: ScreenStyle) -> FlowBox:
    """Take out what is dark like a vessel but does not flow: bile, urine, cysts."""
    still = [mask for name, mask in scan.organs.items() if name in ("gallbladder", "bladder")]
    still += [lesion.mask for lesion in scan.lesions if lesion.kind == "cyst"]
    if not still:
        return flow
    return replace(flow, inside=flow.inside & ~placement.mask_on(np.logical_or.reduce(still), style))


def _draw_machine(
    canvas: Canvas,
    style: ScreenStyle,
    content: ScreenContent,
    mm_per_pixel: float,
    flow: FlowBox | None,
    planted: Planted,
) -> None:
    draw_banner(canvas, style, content, planted)
    draw_figures(canvas, style, content)
    bar_rows = style.grey_bar[3] - style.grey_bar[1]
    draw_grey_bar(canvas, style, scale_colours(bar_rows) if flow is not None else None)
    draw_depth_marks(canvas, style, mm_per_pixel, content.focus)
    draw_orientation_mark(canvas, style)
    if flow is not None:
        draw_frame(canvas, style, flow)


def _draw_operator(
    canvas: Canvas,
    style: ScreenStyle,
    acquisitions: Sequence[Acquisition],
    placements: list[Placement],
    extras: Extras,
    rng: np.random.Generator,
) -> None:
    scan, placement = acquisitions[0], placements[0]
    if extras.label:
        draw_label(canvas, style, extras.label, rng)
    if extras.body_mark:
        draw_body_mark(canvas, style, scan.view, rng)
    frame = scan.frames[0]
    targets = [lesion.mask for lesion in frame.lesions] or [
        mask for name, mask in sorted(frame.organs.items()) if name in ("kidney", "gallbladder", "spleen", "bladder")
    ]
    mask = placement.mask_on(targets[0], style) if targets else None
    if extras.calipers and mask is not None:
        ends = measured_ends(mask, rng)
        draw_calipers(canvas, style, ends, scan.mm_per_pixel / placement.scale, rng)
    if extras.arrow and mask is not None and mask.any():
        rows, columns = np.nonzero(mask)
        draw_arrow(canvas, style, (float(columns.mean()), float(rows.mean())), rng)
    if extras.needle_guide:
        draw_needle_guide(canvas, style)
