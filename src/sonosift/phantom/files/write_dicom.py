"""One shot as a DICOM file: the exam's header, the instance, the calibration, the pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from sonosift.dicom.file_bytes import file_bytes
from sonosift.dicom.ultrasound_regions import Region, set_regions
from sonosift.phantom.files.rare_encodings import encoding_for, set_any_pixels
from sonosift.phantom.paperwork.machine_habits import Coding
from sonosift.phantom.paperwork.metadata import (
    SECONDARY_CAPTURE,
    US_IMAGE,
    US_MULTI_FRAME,
    ExamHeader,
    exam_dataset,
    make_uid,
)
from sonosift.phantom.paperwork.planted import Planted


@dataclass(frozen=True)
class Instance:
    """What is particular to one file of an exam.

    Attributes:
        number: Instance number.
        frames: ``[n, H, W]`` or ``[n, H, W, 3]``.
        coding: Encoding and colour model.
        palette: For PALETTE COLOR.
        rate_hz: Frames a second of a clip, or None for a still.
        seconds: Time after the start of the exam.
        transducer: Values of Transducer Data, or None.
        regions: Calibrated regions; none are written when empty.
        frequency_mhz: For the calibration.
        secondary: Whether it is a captured screen instead of the machine's own image.
    """

    number: int
    frames: npt.NDArray[np.uint8]
    coding: Coding
    palette: npt.NDArray[np.uint8] | None = None
    rate_hz: float | None = None
    seconds: float = 0.0
    transducer: list[str] | None = None
    regions: list[Region] = field(default_factory=list)
    frequency_mhz: float = 3.5
    secondary: bool = False


def dicom_bytes(header: ExamHeader, instance: Instance, planted: Planted, rng: np.random.Generator) -> bytes:
    """Return the DICOM file of one instance."""
    dataset = exam_dataset(header, planted, rng)
    clip = instance.rate_hz is not None
    dataset.SOPClassUID = SECONDARY_CAPTURE if instance.secondary else US_MULTI_FRAME if clip else US_IMAGE
    uid = make_uid(header.seed, header.exam, "instance", instance.number)
    dataset.SOPInstanceUID = planted.plant("uid", uid)
    dataset.InstanceNumber = instance.number
    dataset.SeriesNumber = 1
    if instance.secondary:
        dataset.ConversionType = "WSD"
    _times(dataset, header.when + timedelta(seconds=instance.seconds))
    dataset.ImageType = ["DERIVED" if instance.secondary else "ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"]
    if instance.transducer is not None:
        dataset.TransducerData = instance.transducer
    if instance.rate_hz is not None:
        dataset.NumberOfFrames = len(instance.frames)
        dataset.CineRate = round(instance.rate_hz)
        dataset.FrameTime = f"{1000 / instance.rate_hz:.4f}"
        dataset.FrameIncrementPointer = 0x00181063
    if instance.regions:
        set_regions(dataset, instance.regions, 1000 * instance.frequency_mhz)
    set_any_pixels(
        dataset,
        instance.frames,
        instance.coding,
        palette=instance.palette,
        rate_hz=instance.rate_hz,
        fragments_per_frame=header.habits.fragments_per_frame,
        offset_table=header.habits.offset_table,
    )
    return file_bytes(dataset, encoding_for(instance.coding))


def _times(dataset: Dataset, when: datetime) -> None:
    dataset.ContentDate = dataset.AcquisitionDate = when.strftime("%Y%m%d")
    dataset.ContentTime = dataset.AcquisitionTime = when.strftime("%H%M%S.%f")[:10]
