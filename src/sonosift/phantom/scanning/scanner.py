"""Machines and their probes: what each can do and how its pictures look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sonosift.errors import unknown_name
from sonosift.phantom.physics.geometry import ProbeKind


@dataclass(frozen=True)
class Probe:
    """One transducer.

    Attributes:
        name: As printed on it.
        kind: Curvilinear, linear or phased.
        megahertz: Range of centre frequencies.
        radius_mm: Radius of a curved face.
        half_angle_deg: Half of the opening angle.
        half_width_mm: Half the width of a linear face.
        aperture_mm: Active aperture.
        slice_mm: Thickness of the slice.
    """

    name: str
    kind: ProbeKind
    megahertz: tuple[float, float]
    radius_mm: float
    half_angle_deg: float
    half_width_mm: float
    aperture_mm: float
    slice_mm: float


@dataclass(frozen=True)
class Scanner:
    """One machine of the hospital.

    Attributes:
        name: Its model.
        manufacturer: Its invented maker.
        probes: Its transducers, one of each kind at most.
        dynamic_range_db: Range of levels that it shows.
        curve: Exponent of the grey curve (below one: brighter mid-greys).
        s_shape: How S-shaped the curve is, 0..1.
        brightness: Mean grey value that its users like.
        cycles: Pulse length in periods.
        noise_db: Electronic noise at the surface.
        speckle_reduction: Strength of the smoothing of compressed lines, 0..1.
        smoothing_px: Smoothing of the image.
        sharpening: Share of edge enhancement.
        persistence: Share of the last frame that stays.
        fill: Share of the image that the fan takes; above one its corners are cut off.
    """

    name: str
    manufacturer: str
    probes: tuple[Probe, ...]
    dynamic_range_db: float
    curve: float
    s_shape: float
    brightness: float
    cycles: float
    noise_db: float
    speckle_reduction: float
    smoothing_px: float
    sharpening: float
    persistence: float
    fill: float

    def probe(self, kind: str) -> Probe:
        """Return the transducer of a kind."""
        for probe in self.probes:
            if probe.kind == kind:
                return probe
        raise unknown_name("probe kind", kind, (probe.kind for probe in self.probes))

    def grey_curve(self) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        """Return the table from 256 equal steps of dB to grey values."""
        level = np.linspace(0.0, 1.0, 256)
        soft = level * level * (3.0 - 2.0 * level)
        shaped = (1.0 - self.s_shape) * level + self.s_shape * soft
        return np.round(255.0 * shaped**self.curve).astype(np.uint8)


def _curved(name: str, low: float, high: float, radius: float, half_angle: float, aperture: float) -> Probe:
    return Probe(name, "curvilinear", (low, high), radius, half_angle, 0.0, aperture, 3.5)


def _flat(name: str, low: float, high: float, half_width: float) -> Probe:
    return Probe(name, "linear", (low, high), 0.0, 0.0, half_width, 12.0, 1.6)


def _sector(name: str, low: float, high: float, half_angle: float) -> Probe:
    return Probe(name, "phased", (low, high), 0.0, half_angle, 0.0, 16.0, 4.0)


SCANNERS: tuple[Scanner, ...] = (
    Scanner(
        name="Aurora 7",
        manufacturer="Norlind",
        probes=(
            _curved("C1-6", 2.6, 4.2, 58.0, 33.0, 18.0),
            _flat("L4-12", 6.5, 9.5, 20.0),
            _sector("S1-5", 2.2, 3.2, 42.0),
        ),
        dynamic_range_db=54.0,
        curve=1.0,
        s_shape=0.3,
        brightness=62.0,
        cycles=1.2,
        noise_db=-82.0,
        speckle_reduction=0.8,
        smoothing_px=0.4,
        sharpening=0.0,
        persistence=0.15,
        fill=0.97,
    ),
    Scanner(
        name="Sonara E9",
        manufacturer="Meditech West",
        probes=(_curved("CA1-5", 2.4, 3.8, 54.0, 34.0, 16.0), _flat("LA5-14", 7.0, 10.5, 22.0)),
        dynamic_range_db=58.0,
        curve=0.95,
        s_shape=0.1,
        brightness=66.0,
        cycles=1.4,
        noise_db=-78.0,
        speckle_reduction=1.0,
        smoothing_px=0.6,
        sharpening=0.0,
        persistence=0.3,
        fill=0.98,
    ),
    Scanner(
        name="Vesta 300",
        manufacturer="Oriel",
        probes=(
            _curved("VC5", 2.8, 4.4, 50.0, 32.0, 20.0),
            _flat("VL10", 6.0, 9.0, 19.0),
            _sector("VS4", 2.2, 3.4, 45.0),
        ),
        dynamic_range_db=50.0,
        curve=0.9,
        s_shape=0.4,
        brightness=60.0,
        cycles=1.1,
        noise_db=-84.0,
        speckle_reduction=0.5,
        smoothing_px=0.3,
        sharpening=0.4,
        persistence=0.1,
        fill=1.04,
    ),
    Scanner(
        name="Pocketscan Q",
        manufacturer="Fernhall",
        probes=(_curved("Q-convex", 2.2, 3.4, 60.0, 31.0, 13.0), _flat("Q-linear", 5.5, 8.0, 19.0)),
        dynamic_range_db=52.0,
        curve=1.05,
        s_shape=0.1,
        brightness=61.0,
        cycles=1.6,
        noise_db=-74.0,
        speckle_reduction=0.7,
        smoothing_px=0.7,
        sharpening=0.0,
        persistence=0.4,
        fill=0.95,
    ),
    Scanner(
        name="Helix XP",
        manufacturer="Norlind",
        probes=(
            _curved("C2-9", 3.0, 4.8, 52.0, 34.5, 20.0),
            _flat("L3-15", 7.5, 11.0, 23.0),
            _sector("P2-4", 2.0, 3.0, 43.0),
        ),
        dynamic_range_db=62.0,
        curve=1.15,
        s_shape=0.3,
        brightness=63.0,
        cycles=1.1,
        noise_db=-86.0,
        speckle_reduction=1.0,
        smoothing_px=0.4,
        sharpening=0.3,
        persistence=0.2,
        fill=1.0,
    ),
)
