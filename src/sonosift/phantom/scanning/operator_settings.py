"""What the operator chooses before pressing the button: probe, depth, zoom, gain curve, dynamic range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sonosift.phantom.physics.geometry import ProbeKind, ScanShape
from sonosift.phantom.physics.propagation import SoundSettings
from sonosift.phantom.scanning.scanner import Probe, Scanner
from sonosift.phantom.scanning.views import View


def draw_sound_settings(megahertz: float, rng: np.random.Generator) -> SoundSettings:
    """Draw compensation, haze and contact as one operator leaves them."""
    stands_off = rng.random() < 0.3
    return SoundSettings(
        centre_mhz=megahertz,
        tgc_share=float(rng.normal(0.97, 0.08)),
        tgc_wave_db=float(abs(rng.normal(0, 2.5))),
        tgc_phase=float(rng.uniform(0, 6.28)),
        haze_db=float(rng.normal(-5, 4)),
        clutter_db=float(rng.normal(-27, 3)),
        b_lines=float(rng.beta(1.2, 3.0)),
        contact_db=float(rng.uniform(10, 45)) if stands_off else 0.0,
        contact_share=float(rng.uniform(0.05, 0.35)),
        contact_side=int(rng.choice([-1, 1])),
    )


def adjusted_scanner(scanner: Scanner, rng: np.random.Generator) -> Scanner:
    """Return the machine with this operator's dynamic range and grey map."""
    return replace(
        scanner,
        dynamic_range_db=scanner.dynamic_range_db + float(rng.uniform(-7, 8)),
        curve=scanner.curve * float(rng.uniform(0.85, 1.2)),
    )


def choose_probe(view: View, scanner: Scanner, rng: np.random.Generator) -> ProbeKind:
    """Choose the kind of probe: the usual one, now and then a phased one for the belly."""
    kinds = {probe.kind for probe in scanner.probes}
    if view.probe == "curvilinear" and "phased" in kinds and rng.random() < 0.08:
        return "phased"
    return view.probe


def scan_shape(probe: Probe, wish_mm: float, needed_mm: float) -> ScanShape:
    """Return what the probe sweeps: as deep as wished for, and deep enough for the target."""
    # Machines offer depth in steps.
    depth = 5.0 * round(max(wish_mm, min(needed_mm, 220.0)) / 5.0)
    if probe.kind == "linear":
        depth = min(depth, 80.0)
    return ScanShape(probe.kind, probe.radius_mm, float(np.deg2rad(probe.half_angle_deg)), probe.half_width_mm, depth)


def draw_zoom(scanner: Scanner, kind: ProbeKind, rng: np.random.Generator) -> tuple[float, tuple[float, float]]:
    """Draw how large the scan is on the image, and which part of it is shown when it is too large."""
    fill = scanner.fill * rng.uniform(0.86, 1.04)
    if kind != "linear" and rng.random() < 0.3:
        fill *= rng.uniform(1.1, 1.6)
    return float(fill), (float(rng.uniform(-0.8, 0.8)), float(rng.uniform(-0.8, 0.8)))
