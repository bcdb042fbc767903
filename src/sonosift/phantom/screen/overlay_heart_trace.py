"""The ECG line under the image of some clips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonosift.phantom.screen.screen_canvas import Canvas
from sonosift.phantom.screen.screen_styles import ScreenStyle

# Centre (share of the beat), width, height of the waves P, Q, R, S, T.
_WAVES = ((0.18, 0.025, 0.12), (0.285, 0.008, -0.1), (0.3, 0.01, 1.0), (0.318, 0.01, -0.22), (0.52, 0.045, 0.25))


def heart_trace(phase: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the voltage at ``phase`` in beats; the tip of R is near 1, a little less for its neighbours.

    >>> round(float(heart_trace(np.array([0.3]))[0]), 2)
    0.94
    """
    share = np.mod(phase, 1.0)
    waves = np.array([h * np.exp(-0.5 * ((share - c) / w) ** 2) for c, w, h in _WAVES])
    return np.asarray(waves.sum(axis=0))


def draw_heart_trace(canvas: Canvas, style: ScreenStyle, seconds: float, rate_hz: float, start: float) -> None:
    """Draw the trace of ``seconds`` along the lower edge of the image area."""
    x0, _, x1, y1 = style.area
    columns = np.arange(x0 + 20, x1 - 20, 1.5)
    phase = start + rate_hz * seconds * (columns - columns[0]) / (columns[-1] - columns[0])
    y = min(y1, canvas.height - 12) - 4 - 34 * heart_trace(phase)
    canvas.lines(np.stack([columns, y], axis=1), (60, 220, 90))
