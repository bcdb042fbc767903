"""What each tissue scatters back, in dB: its level with blotches, grains, fibres and dots."""

from __future__ import annotations

import numpy as np

from sonosift.phantom.physics.arrays import FloatArray
from sonosift.phantom.physics.scatterers import smooth_noise
from sonosift.phantom.physics.sections import Section


def backscatter_db(section: Section) -> FloatArray:
    """Return the backscatter of a section in dB relative to a healthy liver."""
    points = section.points
    blotches = smooth_noise(points.x * np.float32(0.5), points.y * np.float32(0.5), points.z * np.float32(0.5))
    grains = smooth_noise(points.y * np.float32(1.1), points.z * np.float32(1.1), points.x * np.float32(1.1))
    decibel = section.look_up("echo_db")
    decibel = decibel + section.look_up("mottle_db") * blotches
    decibel += section.look_up("grain_db") * grains
    strength = section.look_up("strand_db")
    if strength.any():
        fibres = smooth_noise(
            points.layer * np.float32(0.8), points.skin_x * np.float32(0.12), points.skin_z * np.float32(0.12)
        )
        ridge = np.exp(-np.square(fibres * np.float32(1.0 / 0.35)))
        decibel += strength * (ridge - np.float32(0.3))
    dots = smooth_noise(points.x * np.float32(0.62), points.y * np.float32(0.62), points.z * np.float32(0.62) + 31)
    decibel += section.look_up("dots_db") * np.clip(dots - np.float32(1.2), 0.0, 1.5)
    return decibel
