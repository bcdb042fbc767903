"""Acquiring a still or a clip: place the probe, look, press freeze, and know what is in the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from sonosift.phantom.anatomy.body import Body
from sonosift.phantom.physics.arrays import BoolArray, ComplexArray, FloatArray
from sonosift.phantom.physics.geometry import Geometry, ScanShape, area_in_picture, place_on_image
from sonosift.phantom.physics.image_formation import (
    Compression,
    decibel,
    despeckled,
    envelope,
    gain_for,
    noise_amplitude,
    smoothed,
)
from sonosift.phantom.physics.point_spread import PointSpread, point_spread
from sonosift.phantom.physics.propagation import SoundSettings, compensation_db, excess_loss_db, propagate
from sonosift.phantom.physics.scan_conversion import ScanConverter, scan_converter
from sonosift.phantom.physics.scatterers import ScattererField, scatterer_field
from sonosift.phantom.physics.sections import Section, enlarge
from sonosift.phantom.scanning.labels_from_plane import hesitations, shadowed_share, visible_shares
from sonosift.phantom.scanning.motion import BodyState, Motion, draw_motion
from sonosift.phantom.scanning.operator_settings import (
    adjusted_scanner,
    choose_probe,
    draw_sound_settings,
    draw_zoom,
    scan_shape,
)
from sonosift.phantom.scanning.probe_pose import ProbePose
from sonosift.phantom.scanning.quality import morison_quality
from sonosift.phantom.scanning.scan_frame import Lesion, ScanFrame, frame_with_truth
from sonosift.phantom.scanning.scanner import Probe, Scanner
from sonosift.phantom.scanning.views import OperatorError, View, aim, standard_axes, view_named

__all__ = ["ANATOMY_GRID", "SPECKLE_GRID", "Acquisition", "Lesion", "ScanFrame", "acquire"]

# Depths and lines of the two polar grids: anatomy is smooth, speckle is not.
ANATOMY_GRID = (224, 112)
SPECKLE_GRID = (448, 144)
_GLANCE_GRID = (56, 36)
_MOST_GLANCES = 8
_TOLERATED_SHADOW = 0.2


@dataclass(frozen=True)
class Acquisition:
    """A still or a clip.

    Attributes:
        view: The standard view that the operator was after.
        super_group: Its group.
        geometry: Where the fan lies, in pixels.
        fan: Its pixels.
        mm_per_pixel: Scale of the image.
        depth_mm: Depth setting.
        centre_mhz: Centre frequency.
        probe: The transducer.
        gain_db: How far the operator turned the gain knob.
        frames: The pictures in order.
    """

    view: str
    super_group: str
    geometry: Geometry
    fan: BoolArray
    mm_per_pixel: float
    depth_mm: float
    centre_mhz: float
    probe: Probe
    gain_db: float
    frames: tuple[ScanFrame, ...]


@dataclass(frozen=True)
class _Recording:
    """Everything that stays the same from frame to frame."""

    body: Body
    view: View
    scanner: Scanner
    shape: ScanShape
    settings: SoundSettings
    pose: ProbePose
    motion: Motion
    scatterers: ScattererField
    spread: PointSpread
    focus_mm: float
    converter: ScanConverter
    anatomy_converter: ScanConverter
    wanted_grey: float
    noise_seed: int
    area: FloatArray
    anatomy_area: FloatArray

    def pose_at(self, time_s: float) -> ProbePose:
        return self.pose.moved(*self.motion.probe(time_s))

    def section(self, pose: ProbePose, state: BodyState, grid: tuple[int, int]) -> Section:
        return self.body.cut(self.view.region, pose.places(self.shape, *grid), self.shape.depths(grid[0]), state)


def acquire(
    body: Body,
    view: str,
    scanner: Scanner,
    rng: np.random.Generator,
    *,
    size: tuple[int, int] = (256, 256),
    frames: int = 1,
    rate_hz: float = 8.0,
) -> Acquisition:
    """Scan a body in a standard view.

    Args:
        body: The patient.
        view: Name of a view, see ``views.VIEW_NAMES``.
        scanner: The machine.
        rng: Source of every random choice.
        size: Height and width of the image.
        frames: 1 for a still, more for a clip.
        rate_hz: Frames per second of the clip.
    """
    recording, geometry, mm_per_pixel = _set_up(body, view_named(view), scanner, rng, size)
    gain_db, pictures = _record(recording, [i / rate_hz for i in range(frames)])
    probe = _probe_of(recording)
    return Acquisition(
        view,
        recording.view.super_group,
        geometry,
        recording.converter.fan,
        mm_per_pixel,
        recording.shape.depth_mm,
        recording.settings.centre_mhz,
        probe,
        gain_db,
        tuple(pictures),
    )


def _probe_of(recording: _Recording) -> Probe:
    return recording.scanner.probe(recording.shape.kind)


def _set_up(
    body: Body, view: View, scanner: Scanner, rng: np.random.Generator, size: tuple[int, int]
) -> tuple[_Recording, Geometry, float]:
    if view.region == "limb" and rng.random() < 0.5:
        # Half of the soft-tissue exams are of the belly's wall, with the probe that is at hand.
        view = replace(view, region="trunk", target="abdominal wall", probe="curvilinear")
    kind = choose_probe(view, scanner, rng)
    probe = scanner.probe(kind)
    megahertz = float(rng.uniform(*probe.megahertz))
    settings = draw_sound_settings(megahertz, rng)
    scanner = adjusted_scanner(scanner, rng)
    motion = draw_motion(rng)
    wanted_grey = float(np.clip(rng.normal(scanner.brightness, 14.0), 32, 105))
    error = OperatorError()
    depth_wish = float(rng.uniform(30, 60) if kind == "linear" else rng.triangular(90, 135, 215))

    fill, pan = draw_zoom(scanner, kind, rng)
    best: tuple[int, ProbePose, ScanShape] | None = None
    state = motion.state(0.0)
    for _ in range(_MOST_GLANCES):
        pose, distance = aim(body, view, rng, error)
        shape = scan_shape(probe, depth_wish, distance + view.reach_mm)
        geometry, mm_per_pixel = place_on_image(shape, size, fill, pan)
        shown = area_in_picture(shape, geometry, mm_per_pixel, size, _GLANCE_GRID)
        doubts = _glance(body, view, pose, shape, settings, state, shown)
        if best is None or doubts < best[0]:
            best = (doubts, pose, shape)
        if doubts == 0:
            break
    assert best is not None
    _, pose, shape = best
    if rng.random() < 0.45:  # the marker of the probe points the other way
        pose = replace(pose, lateral=-pose.lateral)

    focus = float(np.clip(shape.depth_mm * rng.uniform(0.35, 0.7), 12, 140))
    rows, lines = SPECKLE_GRID
    spacing = shape.line_spacing(rows, lines)
    spread = point_spread(
        shape.depths(rows),
        spacing,
        centre_mhz=megahertz,
        cycles=scanner.cycles,
        aperture_mm=min(probe.aperture_mm, focus / 1.8),
        focus_mm=focus,
    )
    geometry, mm_per_pixel = place_on_image(shape, size, fill, pan)
    recording = _Recording(
        body,
        view,
        scanner,
        shape,
        settings,
        pose,
        motion,
        _scatterers(body, view, shape, probe),
        spread,
        focus,
        scan_converter(geometry, size, rows, lines),
        scan_converter(geometry, size, *ANATOMY_GRID),
        wanted_grey,
        int(rng.integers(2**31)),
        area_in_picture(shape, geometry, mm_per_pixel, size, SPECKLE_GRID),
        area_in_picture(shape, geometry, mm_per_pixel, size, ANATOMY_GRID),
    )
    return recording, geometry, mm_per_pixel


def _glance(
    body: Body,
    view: View,
    pose: ProbePose,
    shape: ScanShape,
    settings: SoundSettings,
    state: BodyState,
    shown: FloatArray,
) -> int:
    """Count what would make an operator move on before freezing: organs half in view, or much shadow."""
    rows, lines = _GLANCE_GRID
    section = body.cut(view.region, pose.places(shape, rows, lines), shape.depths(rows), state)
    loss_db = excess_loss_db(section, settings)
    return hesitations(visible_shares(section, loss_db, shown)) + (shadowed_share(loss_db, shown) > _TOLERATED_SHADOW)


def _scatterers(body: Body, view: View, shape: ScanShape, probe: Probe) -> ScattererField:
    _, outward, lateral = standard_axes(body, view)
    axial = -outward
    across = lateral - (lateral @ axial) * axial
    across /= np.linalg.norm(across)
    rows, lines = SPECKLE_GRID
    cell = (
        float(np.median(shape.line_spacing(rows, lines))),
        shape.depth_mm / rows,
        probe.slice_mm / 2.3548 / 0.85,
    )
    return scatterer_field(body.seed, across, axial, np.cross(axial, across), cell, probe.slice_mm)


@lru_cache(maxsize=1)
def _noise_pool() -> ComplexArray:
    rng = np.random.default_rng(20_240_603)
    rows, lines = SPECKLE_GRID
    pool = rng.standard_normal((2 * rows, lines, 2), dtype=np.float32) * np.float32(np.sqrt(0.5))
    return pool.view(np.complex64)[..., 0]


def _record(recording: _Recording, times: list[float]) -> tuple[float, list[ScanFrame]]:
    rows, lines = SPECKLE_GRID
    rng = np.random.default_rng(recording.noise_seed)
    compensation = compensation_db(recording.shape.depths(rows), recording.settings)
    noise_level = noise_amplitude(recording.scanner.noise_db, compensation)
    gain_db: float | None = None
    shown: FloatArray | None = None
    pictures: list[ScanFrame] = []
    for time_s in times:
        section = recording.section(recording.pose_at(time_s), recording.motion.state(time_s), ANATOMY_GRID)
        echoes = propagate(section, recording.settings)
        points = section.points
        scatterers = recording.scatterers.sample(*(enlarge(a, (rows, lines)) for a in (points.x, points.y, points.z)))
        start = int(rng.integers(rows))
        noise = _noise_pool()[start : start + rows]
        level = decibel(envelope(echoes, scatterers, recording.spread, noise, noise_level))
        level = despeckled(level, recording.scanner)
        if gain_db is None:
            gain_db = gain_for(level, recording.area, recording.scanner, recording.wanted_grey)
        # Persistence works on the compressed lines.
        share = recording.scanner.persistence
        shown = level if shown is None else (1.0 - share) * level + share * shown
        polar = Compression(recording.scanner, gain_db).grey(shown)
        image = smoothed(recording.converter.grey(polar), recording.scanner)
        pictures.append(
            frame_with_truth(
                image * recording.converter.fan,
                section,
                echoes.loss_db,
                recording.anatomy_area,
                recording.anatomy_converter,
                recording.body.lesions,
                _quality(recording, section, echoes.loss_db),
                time_s,
            )
        )
    assert gain_db is not None
    return gain_db, pictures


def _quality(recording: _Recording, section: Section, loss_db: FloatArray) -> int | None:
    if recording.view.target != "right kidney":
        return None
    spacing = recording.shape.line_spacing(*ANATOMY_GRID)
    return morison_quality(section, loss_db, spacing, recording.focus_mm)
