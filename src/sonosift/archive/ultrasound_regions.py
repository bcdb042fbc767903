"""The calibrated regions that an ultrasound machine declares (PS3.3 section C.8.5.5)."""

from __future__ import annotations

import math
from typing import Any

from pydicom import Dataset

from sonosift.archive.clip import Calibration, Region

_TWO_DIMENSIONAL = 1
"""Region spatial format: traces and graphs hold no anatomy."""
_CENTIMETRES = 3
_MOST_REGIONS = 64


def regions_of(dataset: Dataset) -> tuple[Region, ...]:
    """Return the two-dimensional regions; one with values that make no sense is left out, not the whole file."""
    try:
        items = list(dataset.get("SequenceOfUltrasoundRegions") or ())[:_MOST_REGIONS]
    except Exception:  # pydicom converts late, and raises whatever the bytes provoke
        return ()
    found = (_region(item) for item in items)
    return tuple(region for region in found if region is not None)


def _region(item: Dataset) -> Region | None:
    try:
        corners = [_whole(item, f"RegionLocation{corner}") for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        if _whole(item, "RegionSpatialFormat", _TWO_DIMENSIONAL) != _TWO_DIMENSIONAL or None in corners:
            return None
        x0, y0, x1, y1 = (corner for corner in corners if corner is not None)
        calibration = _calibration(item)
        return Region(x0, y0, x1 + 1, y1 + 1, _whole(item, "RegionDataType") or 0, _scale(calibration), calibration)
    except Exception:  # the same
        return None


def _calibration(item: Dataset) -> Calibration:
    pixel = (_whole(item, "ReferencePixelX0"), _whole(item, "ReferencePixelY0"))
    value = (_number(item, "ReferencePixelPhysicalValueX"), _number(item, "ReferencePixelPhysicalValueY"))
    return Calibration(
        spatial_format=_TWO_DIMENSIONAL,
        flags=_whole(item, "RegionFlags") or 0,
        units_x=_whole(item, "PhysicalUnitsXDirection") or 0,
        units_y=_whole(item, "PhysicalUnitsYDirection") or 0,
        delta_x=_number(item, "PhysicalDeltaX") or 0.0,
        delta_y=_number(item, "PhysicalDeltaY") or 0.0,
        reference_pixel=None if pixel[0] is None or pixel[1] is None else (pixel[0], pixel[1]),
        reference_value=None if value[0] is None or value[1] is None else (value[0], value[1]),
        transducer_khz=_whole(item, "TransducerFrequency"),
    )


def _scale(calibration: Calibration) -> float | None:
    in_centimetres = calibration.units_x == _CENTIMETRES
    return abs(calibration.delta_x) * 10.0 if calibration.delta_x and in_centimetres else None


def _whole(item: Dataset, keyword: str, default: int | None = None) -> int | None:
    value: Any = item.get(keyword)
    return default if value is None else int(value)


def _number(item: Dataset, keyword: str) -> float | None:
    value: Any = item.get(keyword)
    number = None if value is None else float(value)
    return number if number is not None and math.isfinite(number) else None
