"""The US Region Calibration module (PS3.3 section C.8.5.5): where in the picture a calibrated image lies."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

_TWO_DIMENSIONAL, _TISSUE, _COLOUR_FLOW, _CENTIMETRES = 1, 1, 2, 3


@dataclass(frozen=True)
class Region:
    """A rectangle of the picture with its scale.

    Attributes:
        box: First and last column and row inside: x0, y0, x1, y1, inclusive as in the standard.
        mm_per_pixel: The same in both directions.
        colour_flow: Whether it is a colour box instead of grey tissue.
    """

    box: tuple[int, int, int, int]
    mm_per_pixel: float
    colour_flow: bool = False


def set_regions(dataset: Dataset, regions: list[Region], frequency_khz: float | None = None) -> None:
    """Write ``regions`` as the SequenceOfUltrasoundRegions of ``dataset``."""
    items = []
    for region in regions:
        item = Dataset()
        item.RegionSpatialFormat = _TWO_DIMENSIONAL
        item.RegionDataType = _COLOUR_FLOW if region.colour_flow else _TISSUE
        item.RegionFlags = 0
        item.RegionLocationMinX0, item.RegionLocationMinY0 = region.box[0], region.box[1]
        item.RegionLocationMaxX1, item.RegionLocationMaxY1 = region.box[2], region.box[3]
        item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = _CENTIMETRES
        item.PhysicalDeltaX = item.PhysicalDeltaY = region.mm_per_pixel / 10.0
        if frequency_khz is not None:
            item.TransducerFrequency = round(frequency_khz)
        items.append(item)
    dataset.SequenceOfUltrasoundRegions = Sequence(items)
