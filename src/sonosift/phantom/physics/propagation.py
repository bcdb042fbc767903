"""What happens to sound on its way: attenuation, shadow, enhancement, reverberation, mirror images."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sonosift.phantom.anatomy.tissue import LUNG
from sonosift.phantom.anatomy.tissue_texture import backscatter_db
from sonosift.phantom.physics.arrays import BoolArray, FloatArray, db_to_amplitude
from sonosift.phantom.physics.scatterers import smooth_noise
from sonosift.phantom.physics.sections import Section

# The machine assumes this attenuation, in dB per cm and MHz, when it compensates for depth.
ASSUMED_ATTENUATION = 0.5
SHADOW_DB = 18.0


@dataclass(frozen=True)
class SoundSettings:
    """What the operator and the machine set.

    Attributes:
        centre_mhz: Centre frequency.
        tgc_share: How much of the assumed attenuation the compensation undoes (about 1).
        tgc_wave_db: Slider habits: slow over- and under-correction with depth.
        tgc_phase: Where that wave starts.
        haze_db: Level of the reverberation near the probe.
        clutter_db: Level of side lobes and slice-thickness echoes.
        b_lines: How much of the pleura sends comets down, 0..1.
        contact_db: Loss at the edge of the probe's face where it stands off the skin.
        contact_share: Share of the face that this concerns.
        contact_side: 1 for the right edge of the image, -1 for the left one.
    """

    centre_mhz: float
    tgc_share: float = 1.0
    tgc_wave_db: float = 0.0
    tgc_phase: float = 0.0
    haze_db: float = -8.0
    clutter_db: float = -30.0
    b_lines: float = 0.2
    contact_db: float = 0.0
    contact_share: float = 0.2
    contact_side: int = 1


@dataclass(frozen=True)
class Echoes:
    """Amplitudes on the polar grid, before the point-spread function.

    Attributes:
        diffuse: Amplitude of the scatterers.
        coherent: Amplitude of walls and other smooth reflectors.
        loss_db: Sound lost on the way beyond what the machine compensates.
    """

    diffuse: FloatArray
    coherent: FloatArray
    loss_db: FloatArray


def compensation_db(depths_mm: FloatArray, settings: SoundSettings) -> FloatArray:
    """Return the time-gain compensation at each depth."""
    ideal = 2.0 * ASSUMED_ATTENUATION * settings.centre_mhz * depths_mm / 10.0
    wave = settings.tgc_wave_db * np.sin(depths_mm / 30.0 + settings.tgc_phase)
    return np.asarray(settings.tgc_share * ideal + wave, dtype=np.float32)


def excess_loss_db(section: Section, settings: SoundSettings) -> FloatArray:
    """Return how much sound a point has lost beyond the compensation (negative: enhancement)."""
    points = section.points
    two_way = np.float32(2.0 * settings.centre_mhz / 10.0)
    per_mm = two_way * section.look_up("attenuation") + section.look_up("opaque_db")
    per_sample = per_mm * np.float32(points.spacing) + section.edge_loss
    travelled = np.cumsum(per_sample, axis=0) - per_sample
    if settings.contact_db > 0:
        travelled += _contact_loss_db(section.index.shape[1], settings)[None, :]
    return np.asarray(travelled - compensation_db(_depths(section), settings)[:, None], dtype=np.float32)


def _contact_loss_db(lines: int, settings: SoundSettings) -> FloatArray:
    from_edge = (np.arange(lines, dtype=np.float32)[:: -settings.contact_side] + 0.5) / lines
    return np.asarray(settings.contact_db * np.clip(1.5 - 1.5 * from_edge / settings.contact_share, 0.0, 1.0))


def propagate(section: Section, settings: SoundSettings) -> Echoes:
    """Send sound through a section."""
    depths = _depths(section)
    loss = excess_loss_db(section, settings)
    decibel = backscatter_db(section)
    lung = section.look_up("lung") > 0
    if lung.any():
        _mirror(section, decibel, lung)
    diffuse = db_to_amplitude(decibel - loss)
    np.minimum(diffuse, np.float32(30.0), out=diffuse)
    coherent = section.wall * db_to_amplitude(-loss) * _roughness(section)
    haze = _dirty_shadow(section)
    if lung.any():
        haze = haze + _pleura(section, lung, settings)
    # Side lobes and the thickness of the slice let neighbours leak into fluid.
    everything = diffuse + coherent
    leak = cv2.blur(everything, (max(3, everything.shape[1] // 6) | 1, 9)) * np.float32(
        10 ** (settings.clutter_db / 20)
    )
    near = _near_field(everything, depths, settings)
    return Echoes(diffuse + leak + haze + near[:, None], coherent, loss)


def _depths(section: Section) -> FloatArray:
    rows = section.index.shape[0]
    return (np.arange(rows, dtype=np.float32) + np.float32(0.5)) * np.float32(section.points.spacing)


def _roughness(section: Section) -> FloatArray:
    points = section.points
    noise = smooth_noise(points.x * np.float32(0.5), points.z * np.float32(0.5), points.y * np.float32(0.5))
    return np.asarray(np.clip(np.float32(0.75) + np.float32(0.45) * noise, 0.1, 1.8))


def _since(hit: BoolArray, spacing: float) -> FloatArray:
    """Return how far (mm) a point lies behind the first hit of its line; negative before it."""
    first = np.argmax(hit, axis=0).astype(np.float32)
    first[~hit.any(axis=0)] = np.float32(2 * len(hit))
    rows = np.arange(hit.shape[0], dtype=np.float32)[:, None]
    return np.asarray((rows - first) * np.float32(spacing), dtype=np.float32)


def _dirty_shadow(section: Section) -> FloatArray:
    """Reverberation behind gas: a grey, striped tail that fades."""
    gas = section.look_up("dirty") > 0
    if not gas.any():
        return np.zeros(gas.shape, dtype=np.float32)
    behind = _since(gas, section.points.spacing)
    tail = np.float32(-7.0) - np.float32(0.22) * behind + np.float32(4.0) * np.cos(behind * np.float32(2 * np.pi / 7.0))
    return np.where(behind > 0, db_to_amplitude(tail), np.float32(0))


def _mirror(section: Section, decibel: FloatArray, lung: BoolArray) -> None:
    """Behind the diaphragm, show what lies before it once more, upside down and fainter."""
    behind = _since(lung, section.points.spacing)
    rows = np.arange(lung.shape[0])[:, None]
    steps = np.round(behind / np.float32(section.points.spacing)).astype(np.int64)
    source = np.clip(rows - 2 * np.maximum(steps, 0), 0, None)
    # The mirrored path runs through the organ, not through the lung: give back what the lung takes.
    fading = np.float32(LUNG.opaque_db - 0.12)
    mirrored = np.take_along_axis(decibel, source, axis=0) - np.float32(6.0) + fading * behind
    np.copyto(decibel, mirrored, where=(behind > 1.0) & _under_organ(section, lung))


def _under_organ(section: Section, lung: BoolArray) -> BoolArray:
    """Say for every line whether the lung is met behind an organ rather than behind the chest wall."""
    first = np.argmax(lung, axis=0)
    before = np.maximum(first - 2, 0)
    codes = section.index[before, np.arange(lung.shape[1])]
    layer = section.points.layer[before, np.arange(lung.shape[1])]
    wall = {i for i, t in enumerate(section.tissues) if t.name in ("muscle", "subcutaneous fat", "skin", "rib")}
    is_organ = ~np.isin(codes, list(wall)) & (layer > 8)
    return np.asarray(is_organ & lung.any(axis=0))[None, :]


def _pleura(section: Section, lung: BoolArray, settings: SoundSettings) -> FloatArray:
    """Behind the pleural line: a grey haze, A-lines at multiples of its depth, and comets (B-lines)."""
    columns = np.arange(lung.shape[1])
    first = np.argmax(lung, axis=0)
    depth = np.maximum(first.astype(np.float32) * np.float32(section.points.spacing), 4.0)[None, :]
    behind = _since(lung, section.points.spacing)
    haze = db_to_amplitude(np.float32(-13.0) - np.float32(0.12) * behind)
    place = np.maximum(np.round(behind / depth), np.float32(0))
    off = behind - place * depth
    lines = np.exp(-np.square(off * np.float32(1 / 0.9))) * db_to_amplitude(np.float32(10.0) - np.float32(7.0) * place)
    points = section.points
    where = np.minimum(first, lung.shape[0] - 1)
    fray = smooth_noise(
        points.x[where, columns] * np.float32(0.45),
        points.z[where, columns] * np.float32(0.45),
        np.full(len(columns), 7.0, np.float32),
    )
    comet = np.clip((fray - np.float32(1.9 - 2.4 * settings.b_lines)) * 2.0, 0.0, 1.0)[None, :]
    comets = comet * db_to_amplitude(np.float32(-1.0) - np.float32(0.015) * behind)
    tail = haze + np.where(place >= 1, lines * (1.0 - np.float32(0.8) * comet), np.float32(0)) + comets
    return np.where((behind > 0) & ~_under_organ(section, lung), tail, np.float32(0))


def _near_field(everything: FloatArray, depths: FloatArray, settings: SoundSettings) -> FloatArray:
    """Echoes that bounced once more between the probe and the first layers, and the ringing of the probe itself."""
    profile = everything.mean(axis=1)
    again = np.interp(depths / 2.0, depths, profile) * np.exp(-depths / 22.0)
    ringing = np.exp(-depths / 2.5) * 1.5
    return np.asarray(10 ** (settings.haze_db / 20.0) * 0.6 * again + ringing, dtype=np.float32)
