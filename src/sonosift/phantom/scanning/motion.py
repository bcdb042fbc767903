"""What moves while a clip is recorded: the patient breathes, the operator sweeps the probe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sonosift.phantom.physics.arrays import Vector


@dataclass(frozen=True)
class BodyState:
    """Where breathing has moved the content of the trunk, in mm of x, y, z."""

    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Motion:
    """The movements during one recording.

    Attributes:
        breath_mm: How far organs travel towards the feet when breathing in.
        breath_s: Length of one breath.
        breath_phase: Where the recording starts.
        slide: Movement of the probe across its plane in mm per second.
        tilt: Tilting of the plane in radians per second.
        rock: Rotation within the plane in radians per second.
        turn_s: The operator goes back and forth with this period.
    """

    breath_mm: float
    breath_s: float
    breath_phase: float
    slide: float
    tilt: float
    rock: float
    turn_s: float

    def state(self, time_s: float) -> BodyState:
        """Return where the organs are at a time."""
        lift = 0.5 - 0.5 * np.cos(2.0 * np.pi * (time_s / self.breath_s + self.breath_phase))
        down = float(self.breath_mm * lift)
        return BodyState((0.0, 0.15 * down, -down))

    def probe(self, time_s: float) -> Vector:
        """Return slide (mm), tilt and rock (radians) of the probe at a time."""
        # A triangle wave that starts at zero and never exceeds a quarter of the period.
        quarter = self.turn_s / 4.0
        swing = quarter * (2.0 / np.pi) * np.arcsin(np.sin(2.0 * np.pi * time_s / self.turn_s))
        return np.asarray(swing * np.array([self.slide, self.tilt, self.rock]), dtype=np.float64)


def draw_motion(rng: np.random.Generator) -> Motion:
    """Draw the movements of a recording: some breaths held, some sweeps, some steady hands."""
    holds_breath = rng.random() < 0.4
    is_sweep = rng.random() < 0.6
    return Motion(
        breath_mm=float(rng.uniform(0.0, 1.5) if holds_breath else rng.uniform(4.0, 15.0)),
        breath_s=float(rng.uniform(3.0, 5.5)),
        breath_phase=float(rng.uniform(0.0, 1.0)),
        slide=float(rng.normal(0.0, 5.0 if is_sweep else 0.8)),
        tilt=float(rng.normal(0.0, 0.10 if is_sweep else 0.015)),
        rock=float(rng.normal(0.0, 0.03)),
        turn_s=float(rng.uniform(5.0, 12.0)),
    )
