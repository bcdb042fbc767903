"""The picture that one machine shows: the scan in its place, tinted, with everything drawn over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonosift.phantom.screen.overlay_flow import FlowBox, paint_flow
from sonosift.phantom.screen.screen_canvas import Canvas, luminance
from sonosift.phantom.screen.screen_styles import Box, ScreenStyle

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Placement:
    """How one scan was put onto the screen.

    Attributes:
        box: x0, y0, x1, y1 of the scan on the screen.
        scale: Screen pixels per pixel of the scan.
    """

    box: Box
    scale: float

    def enlarged(self, scan: Pixels) -> Pixels:
        """Return a grey scan at its size on the screen."""
        import cv2

        width, height = self.box[2] - self.box[0], self.box[3] - self.box[1]
        if scan.shape == (height, width):
            return scan
        return np.asarray(cv2.resize(scan, (width, height), interpolation=cv2.INTER_LINEAR))

    def image_on(self, scan: Pixels, style: ScreenStyle) -> Pixels:
        """Return a grey scan on an otherwise black screen."""
        x0, y0, x1, y1 = self.box
        screen = np.zeros((style.height, style.width), dtype=np.uint8)
        screen[y0:y1, x0:x1] = self.enlarged(scan)
        return screen

    def mask_on(self, mask: npt.NDArray[np.bool_], style: ScreenStyle) -> npt.NDArray[np.bool_]:
        """Return a mask of the scan as a mask of the whole screen."""
        import cv2

        x0, y0, x1, y1 = self.box
        screen = np.zeros((style.height, style.width), dtype=bool)
        resized = cv2.resize(mask.astype(np.uint8), (x1 - x0, y1 - y0), interpolation=cv2.INTER_NEAREST)
        screen[y0:y1, x0:x1] = resized > 0
        return screen

    def box_on(self, box: tuple[float, float, float, float]) -> Box:
        """Return a box of the scan in pixels of the screen."""
        x0, y0 = self.box[:2]
        return (
            round(x0 + box[0] * self.scale), round(y0 + box[1] * self.scale),
            round(x0 + box[2] * self.scale), round(y0 + box[3] * self.scale),
        )  # fmt: skip


def place(style: ScreenStyle, scan_shape: tuple[int, int], *, column: int = 0, columns: int = 1) -> Placement:
    """Fit a scan into the image area, or into one of ``columns`` equal parts of it (dual image), without distortion."""
    x0, y0, x1, y1 = style.area
    width = (x1 - x0) // columns
    x0 += column * width
    height, breadth = scan_shape
    scale = min(width / breadth, (y1 - y0) / height)
    shown = (round(breadth * scale), round(height * scale))
    left, top = x0 + (width - shown[0]) // 2, y0 + (y1 - y0 - shown[1]) // 2
    return Placement((left, top, left + shown[0], top + shown[1]), scale)


class Picture:
    """Makes the frames of one shot, so that what does not move is drawn only once."""

    def __init__(self, style: ScreenStyle, canvas: Canvas, placements: list[Placement]) -> None:
        backdrop = style.backdrop if canvas.channels == 3 else luminance(style.backdrop)
        shape = (style.height, style.width) if canvas.channels == 1 else (style.height, style.width, 3)
        self._empty = np.full(shape, backdrop, dtype=np.uint8)
        self._still = canvas.over(self._empty)
        self._canvas = canvas
        # OpenCV wants colour tables as [256, 1, 3]; it never reorders the channels of a user's table.
        self._tint = tint_table(style)[:, None] if canvas.channels == 3 else None
        self._spots = [_Spot(placement, canvas) for placement in placements]

    def frame(
        self,
        scans: list[Pixels],
        *,
        flow: FlowBox | None = None,
        rng: np.random.Generator | None = None,
        beat: float = 0.5,
        bare: Pixels | None = None,
    ) -> Pixels:
        """Return the screen ``[H, W]`` or ``[H, W, 3]`` with one scan per placement.

        Args:
            scans: Grey scans, one per placement.
            flow: Colour flow to paint.
            rng: For the flow.
            beat: Strength of the flow now.
            bare: If given (a black screen), it is filled with the scans as they look under the drawing.
        """
        picture = self._still.copy()
        for spot, scan in zip(self._spots, scans, strict=True):
            grey = spot.placement.enlarged(scan)
            x0, y0, x1, y1 = spot.placement.box
            part = picture[y0:y1, x0:x1]
            part[...] = self._empty[y0:y1, x0:x1]
            self._lay(part, grey, spot)
            if flow is not None and rng is not None:
                paint_flow(part, grey, flow, rng, beat, corner=(x0, y0))
            if bare is not None:
                np.copyto(bare[y0:y1, x0:x1], part, where=spot.fan if self._tint is None else spot.fan[..., None])
            spot.draw_over(part)
        return picture

    def black(self) -> Pixels:
        """Return an empty black screen."""
        return np.zeros_like(self._empty)

    def _lay(self, part: Pixels, grey: Pixels, spot: _Spot) -> None:
        import cv2

        shown = grey if self._tint is None else cv2.applyColorMap(grey, self._tint)
        np.copyto(part, np.asarray(shown), where=spot.fan if self._tint is None else spot.fan[..., None])


class _Spot:
    """One placement with the drawing over it, ready for quick repetition."""

    def __init__(self, placement: Placement, canvas: Canvas) -> None:
        x0, y0, x1, y1 = placement.box
        self.placement = placement
        self.fan = np.ascontiguousarray(canvas.fan[y0:y1, x0:x1])
        self._where, self._weight, self._paint = canvas.ink(placement.box)

    def draw_over(self, part: Pixels) -> None:
        below = part[self._where] * self._weight // 255
        part[self._where] = (below + self._paint).astype(np.uint8)


def tint_table(style: ScreenStyle) -> Pixels:
    """Return the colour ``[256, 3]`` of every grey level: the tint, fading to white near the top."""
    level = np.arange(256)[:, None]
    tint = np.array(style.tint)[None, :] / 255
    # Text is drawn at full white; only the last levels may be untinted, or palette machines would tint their letters.
    share = np.clip((level - 244) / 11, 0, 1)
    return np.rint(level * (tint * (1 - share) + share)).astype(np.uint8)
