"""One picture and the truth about it: which organs, lesions and labels the imaging plane holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sonosift.phantom.anatomy.lesions import PlantedLesion
from sonosift.phantom.physics.arrays import BoolArray, ByteArray, FloatArray
from sonosift.phantom.physics.scan_conversion import ScanConverter
from sonosift.phantom.physics.sections import Section
from sonosift.phantom.scanning.labels_from_plane import ORGANS, labels_of, visible_shares

# A speck of fewer pixels is nothing that anybody would mark.
_SMALLEST_LESION = 12
_OUTSIDE = 255


@dataclass(frozen=True)
class Lesion:
    """A focal liver lesion in the picture.

    Attributes:
        kind: ``cyst``, ``angioma``, ``metastasis``, ``hcc`` or ``fnh``.
        mask: Its pixels.
        box: ``(x0, y0, x1, y1)`` in pixels; ``x1`` and ``y1`` lie one past the last pixel.
    """

    kind: str
    mask: BoolArray
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class ScanFrame:
    """One picture and the truth about it.

    Attributes:
        image: Grey values, 0 outside the fan.
        organs: Pixels of each organ that the plane cuts, in shadow or not.
        labels: The organs that an expert would name, or ``other`` alone.
        lesions: Focal liver lesions in the picture.
        quality: Morison's-pouch grade 0-4 for right-kidney views, otherwise nothing.
        time_s: Time since the start of the recording.
    """

    image: ByteArray
    organs: dict[str, BoolArray]
    labels: frozenset[str]
    lesions: tuple[Lesion, ...]
    quality: int | None
    time_s: float


def frame_with_truth(
    image: ByteArray,
    section: Section,
    loss_db: FloatArray,
    cell_area: FloatArray,
    converter: ScanConverter,
    planted: tuple[PlantedLesion, ...],
    quality: int | None,
    time_s: float,
) -> ScanFrame:
    """Join a picture with what the plane it was made from holds.

    Args:
        image: The finished picture.
        section: The cut through the body.
        loss_db: Sound lost on the way to each point of the cut.
        cell_area: Area of each polar cell of the cut, zero outside the picture.
        converter: From the cut's grid to the picture.
        planted: The patient's lesions.
        quality: Morison's-pouch grade, where it applies.
        time_s: Time since the start of the recording.
    """
    codes = converter.codes(section.index, outside=_OUTSIDE)
    present = section.organs()
    masks = {organ: _pixels(codes, section.organ_codes(organ)) for organ in ORGANS if organ in present}
    organs = {organ: mask for organ, mask in masks.items() if mask.any()}
    labels = labels_of(visible_shares(section, loss_db, cell_area))
    return ScanFrame(image, organs, labels, tuple(_lesions(planted, section, codes)), quality, time_s)


def _pixels(codes: ByteArray, wanted: ByteArray | list[int]) -> BoolArray:
    table = np.zeros(256, dtype=np.bool_)
    table[wanted] = True
    return table[codes]


def _lesions(planted: tuple[PlantedLesion, ...], section: Section, codes: ByteArray) -> Iterator[Lesion]:
    for lesion in planted:
        names = lesion.tissue_names
        mask = _pixels(codes, [i for i, tissue in enumerate(section.tissues) if tissue.name in names])
        if int(mask.sum()) < _SMALLEST_LESION:
            continue
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        yield Lesion(lesion.kind, mask, (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
