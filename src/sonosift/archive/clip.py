"""A clip: a header of named facts and an iterator of frames, so that a long cine never sits in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Identity:
    """Who a file is about. Needed to compute pseudonyms and dropped right after; never printed."""

    patient_id: str = field(default="", repr=False)
    issuer: str = field(default="", repr=False)
    exam: str = field(default="", repr=False)
    instance: str = field(default="", repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)
    """Other identifying words of the header, so that no descriptive fact that repeats one is kept."""
    series: str = field(default="", repr=False)
    frame_of_reference: str = field(default="", repr=False)


@dataclass(frozen=True)
class Calibration:
    """What else a machine says of a region, as it stands in the file: enough to write the region again."""

    spatial_format: int
    flags: int
    units_x: int
    units_y: int
    delta_x: float
    delta_y: float
    reference_pixel: tuple[int, int] | None = None
    reference_value: tuple[float, float] | None = None
    transducer_khz: int | None = None


@dataclass(frozen=True)
class Region:
    """A calibrated region as the machine declares it, in source pixels (right and bottom exclusive)."""

    x0: int
    y0: int
    x1: int
    y1: int
    data_type: int
    mm_per_pixel: float | None
    calibration: Calibration | None = None


@dataclass(frozen=True)
class ClipHeader:
    """The facts a reader hands on: nothing that is not named here leaves it."""

    kind: str
    height: int
    width: int
    frame_count: int | None
    rate_hz: float | None
    identity: Identity = Identity()
    modality: str | None = field(default=None, repr=False)
    manufacturer: str | None = field(default=None, repr=False)
    model: str | None = field(default=None, repr=False)
    transducers: tuple[str, ...] = field(default=(), repr=False)
    study_description: str | None = field(default=None, repr=False)
    regions: tuple[Region, ...] = ()
    mm_per_pixel: float | None = None
    study_date: str | None = field(default=None, repr=False)
    """Eight digits, a day that exists; else None."""
    series_description: str | None = field(default=None, repr=False)
    body_part: str | None = field(default=None, repr=False)
    sop_class: str | None = field(default=None, repr=False)
    lossy: bool = False
    """Whether the pixels have been compressed with loss, now or before."""


@dataclass(frozen=True)
class Frame:
    """One decoded frame in grey; ``rgb`` is kept only where the source shows colour."""

    grey: Image
    index: int
    time_s: float
    rgb: Image | None = None


@dataclass(frozen=True)
class Clip:
    """What every reader returns. ``frames(wanted_hz)`` decodes lazily and may be called more than once."""

    header: ClipHeader
    frames: Callable[[float], Iterator[Frame]]
