"""The header of an exported DICOM file, built from nothing: each attribute that it holds is named here.

Default deny in its strictest form: no element is copied from the source. ``ACTIONS`` says for each attribute where its
value comes from; the conformance statement prints it, and a test holds every exported file against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from sonosift.archive.clip import ClipHeader, Identity, Region
from sonosift.privacy.body_parts import IN_PAIRS
from sonosift.privacy.header_allow_list import clean_facts
from sonosift.privacy.pseudonyms import Pseudonyms

US_IMAGE = "1.2.840.10008.5.1.4.1.1.6.1"
US_MULTI_FRAME_IMAGE = "1.2.840.10008.5.1.4.1.1.3.1"

CODES = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113105": "Clean Descriptors Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
}
"""Of PS3.16 CID 7050, those that we implement."""

_TRANSDUCERS = {"linear": "LINEAR", "curvilinear": "CURVED LINEAR", "phased": "SECTOR_PHASED"}
_FRAME_TIME, _FRAME_TIME_VECTOR = 0x00181063, 0x00181065
_EVEN_MS = 0.02
"""Frame times that differ by less are one frame time written with few digits."""
_LONGEST_VECTOR = 5000
"""A longer list of times does not fit into the 65,534 bytes that a decimal string may have."""
_SLOWEST_CINE_MS = 1000.0


class Action(NamedTuple):
    """How an attribute gets its value.

    Attributes:
        code: As in PS3.15: ``K`` kept, ``C`` cleaned, ``D`` replaced, ``Z`` empty, ``U`` new identifier; ``S`` (ours):
            set to describe this file, whatever the source said.
        words: The same in words.
    """

    code: str
    words: str


ACTIONS: dict[str, Action] = {
    "ImageType": Action("S", "DERIVED, PRIMARY"),
    "SOPClassUID": Action("S", "Ultrasound Image Storage or Ultrasound Multi-frame Image Storage"),
    "SOPInstanceUID": Action("U", "new, keyed, the same in every run"),
    "StudyDate": Action("C", "shifted by the patient's secret number of days; empty without a date"),
    "SeriesDate": Action("C", "as Study Date"),
    "ContentDate": Action("C", "as Study Date"),
    "StudyTime": Action("Z", "empty"),
    "ContentTime": Action("Z", "empty"),
    "AccessionNumber": Action("Z", "empty"),
    "Modality": Action("S", "US"),
    "Manufacturer": Action("C", "kept if it is a product name that repeats no word of identity; else empty"),
    "ReferringPhysicianName": Action("Z", "empty"),
    "StudyDescription": Action("C", "the groups that the table of study descriptions maps it to; absent if none"),
    "ManufacturerModelName": Action("C", "as Manufacturer; absent if none"),
    "PatientName": Action("D", "keyed pseudonym"),
    "PatientID": Action("D", "keyed pseudonym"),
    "PatientBirthDate": Action("Z", "empty"),
    "PatientSex": Action("Z", "empty"),
    "PatientIdentityRemoved": Action("S", "YES"),
    "DeidentificationMethod": Action("S", "what was done, in words"),
    "DeidentificationMethodCodeSequence": Action("S", "what was done, in codes of CID 7050"),
    "BodyPartExamined": Action("C", "kept if it is a term of the standard; absent otherwise"),
    "CineRate": Action("K", "from the times of the frames"),
    "FrameTime": Action("K", "from the times of the frames"),
    "FrameTimeVector": Action("K", "from the times of the frames, where they are uneven"),
    "SequenceOfUltrasoundRegions": Action("C", "the numbers of the calibration, no other element of its items"),
    "TransducerType": Action("C", "kind of the probe, from a list"),
    "StudyInstanceUID": Action("U", "new, keyed, the same in all files of the exam"),
    "SeriesInstanceUID": Action("U", "new, keyed, the same in all files of the series (of the exam, without one)"),
    "FrameOfReferenceUID": Action("U", "new, keyed; absent if the source has none"),
    "PositionReferenceIndicator": Action("Z", "empty, with a Frame of Reference UID"),
    "StudyID": Action("Z", "empty"),
    "SeriesNumber": Action("Z", "empty"),
    "InstanceNumber": Action("Z", "empty"),
    "PatientOrientation": Action("Z", "empty"),
    "Laterality": Action("Z", "empty, where the body part comes in pairs or is not known; absent otherwise"),
    "SamplesPerPixel": Action("S", "of the pixels written"),
    "PhotometricInterpretation": Action("S", "of the pixels written"),
    "PlanarConfiguration": Action("S", "of the pixels written"),
    "NumberOfFrames": Action("K", "as many as the source has"),
    "FrameIncrementPointer": Action("S", "Frame Time or Frame Time Vector"),
    "Rows": Action("K", "as the source has"),
    "Columns": Action("K", "as the source has"),
    "BitsAllocated": Action("S", "8"),
    "BitsStored": Action("S", "8"),
    "HighBit": Action("S", "7"),
    "PixelRepresentation": Action("S", "0"),
    "BurnedInAnnotation": Action("S", "NO once text was removed and the result checked; absent otherwise"),
    "LossyImageCompression": Action("K", "01 if the source was ever compressed with loss"),
    "LongitudinalTemporalInformationModified": Action("S", "MODIFIED with a shifted date, REMOVED without one"),
    "ExtendedOffsetTable": Action("S", "of the pixels written"),
    "ExtendedOffsetTableLengths": Action("S", "of the pixels written"),
    "PixelData": Action("C", "black outside the fan, text and graphics inside it painted over, all else bit by bit"),
}


@dataclass(frozen=True)
class ClipNames:
    """The pseudonyms of a clip."""

    patient: str
    exam: str
    clip: str


@dataclass(frozen=True)
class Pixels:
    """What the frames turned out to be.

    Attributes:
        height: Rows.
        width: Columns.
        colour: Whether any frame showed colour.
        times_s: Time of each frame.
    """

    height: int
    width: int
    colour: bool
    times_s: tuple[float, ...]


def export_dataset(
    header: ClipHeader, names: ClipNames, pixels: Pixels, pseudonyms: Pseudonyms, *, cleaned: bool, study_table: str
) -> Dataset:
    """Build everything but the pixel data of one file.

    Args:
        header: What the source says; only clean facts are taken from it.
        names: The clip's pseudonyms.
        pixels: What the frames turned out to be.
        pseudonyms: For the new identifiers and the shifted date.
        cleaned: Whether burnt-in text was removed and the result checked.
        study_table: Table of study descriptions.
    """
    dataset = Dataset()
    date = pseudonyms.shifted_date(names.patient, header.study_date)
    _patient_and_study(dataset, names, date)
    for keyword, uid in new_identifiers(header.identity, names, pseudonyms).items():
        setattr(dataset, keyword, uid)
    if header.identity.frame_of_reference:
        dataset.PositionReferenceIndicator = ""
    _descriptors(dataset, header, study_table)
    _deidentification(dataset, cleaned=cleaned, dated=bool(date))
    _image(dataset, header, pixels)
    if len(pixels.times_s) > 1:
        _cine(dataset, pixels.times_s)
    regions = [region for region in header.regions if region.calibration is not None]
    if regions:
        dataset.SequenceOfUltrasoundRegions = Sequence([_region_item(region) for region in regions])
    return dataset


def new_identifiers(identity: Identity, names: ClipNames, pseudonyms: Pseudonyms) -> dict[str, str]:
    """Turn old identifiers into new ones; where there are none, or no longer hold, take the pseudonyms' own.

    The exam or the instance may be another than the header says: stated in a manifest, or one of two different files
    under one identifier.
    """
    own_exam = bool(identity.exam) and names.exam == pseudonyms.exam(names.patient, identity.exam)
    own_clip = bool(identity.instance) and names.clip == pseudonyms.clip(identity.instance)
    series = identity.series if own_exam else ""
    found = {
        "StudyInstanceUID": pseudonyms.uid(identity.exam if own_exam else f"study {names.exam}"),
        "SeriesInstanceUID": pseudonyms.uid(series or f"series {names.exam}"),
        "SOPInstanceUID": pseudonyms.uid(identity.instance if own_clip else f"instance {names.clip}"),
    }
    if identity.frame_of_reference:
        found["FrameOfReferenceUID"] = pseudonyms.uid(identity.frame_of_reference)
    return found


def _patient_and_study(dataset: Dataset, names: ClipNames, date: str) -> None:
    dataset.PatientName = dataset.PatientID = names.patient
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = date
    dataset.StudyTime = dataset.ContentTime = ""
    dataset.AccessionNumber = dataset.ReferringPhysicianName = dataset.StudyID = ""
    dataset.SeriesNumber = dataset.InstanceNumber = None
    dataset.PatientOrientation = ""
    dataset.Modality = "US"


def _descriptors(dataset: Dataset, header: ClipHeader, study_table: str) -> None:
    facts = clean_facts(header, study_table)
    dataset.Manufacturer = facts.manufacturer or ""
    optional: dict[str, Any] = {
        "ManufacturerModelName": facts.model,
        "StudyDescription": ", ".join(facts.study_groups),
        "BodyPartExamined": facts.body_part,
        "TransducerType": _TRANSDUCERS.get(facts.transducer or ""),
    }
    for keyword, value in optional.items():
        if value:
            setattr(dataset, keyword, value[:64])
    if facts.body_part is None or facts.body_part in IN_PAIRS:
        dataset.Laterality = ""


def _deidentification(dataset: Dataset, *, cleaned: bool, dated: bool) -> None:
    codes = [code for code in CODES if (cleaned or code != "113101") and (dated or code != "113107")]
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = ["Sonosift: header built anew, default deny", "Pixels outside the fan blanked"]
    if cleaned:
        dataset.DeidentificationMethod.append("Text and graphics in the fan painted over, then checked")
        dataset.BurnedInAnnotation = "NO"
    dataset.DeidentificationMethodCodeSequence = Sequence([_code_item(code) for code in codes])
    dataset.LongitudinalTemporalInformationModified = "MODIFIED" if dated else "REMOVED"


def _code_item(code: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", CODES[code]
    return item


def _image(dataset: Dataset, header: ClipHeader, pixels: Pixels) -> None:
    several = len(pixels.times_s) > 1
    dataset.SOPClassUID = US_MULTI_FRAME_IMAGE if several else US_IMAGE
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.SamplesPerPixel = 3 if pixels.colour else 1
    dataset.PhotometricInterpretation = "RGB" if pixels.colour else "MONOCHROME2"
    if pixels.colour:
        dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = pixels.height, pixels.width
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    # What was lost once stays lost, also in a lossless file.
    if header.lossy or header.kind == "video":
        dataset.LossyImageCompression = "01"


def _cine(dataset: Dataset, times_s: tuple[float, ...]) -> None:
    steps = 1000.0 * np.diff(np.array(times_s))
    dataset.NumberOfFrames = len(times_s)
    mean = float(steps.mean())
    even = mean > 0 and np.abs(steps - mean).max() < _EVEN_MS
    if even or len(times_s) > _LONGEST_VECTOR:
        dataset.FrameTime = _decimal(mean)
        dataset.FrameIncrementPointer = _FRAME_TIME
    else:
        dataset.FrameTimeVector = ["0", *(_decimal(float(step)) for step in steps)]
        dataset.FrameIncrementPointer = _FRAME_TIME_VECTOR
    if 0 < mean < _SLOWEST_CINE_MS:
        dataset.CineRate = round(1000.0 / mean)


def _decimal(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _region_item(region: Region) -> Dataset:
    assert region.calibration is not None
    numbers = region.calibration
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType = numbers.spatial_format, region.data_type
    item.RegionFlags = numbers.flags
    item.RegionLocationMinX0, item.RegionLocationMinY0 = region.x0, region.y0
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = region.x1 - 1, region.y1 - 1
    item.PhysicalUnitsXDirection, item.PhysicalUnitsYDirection = numbers.units_x, numbers.units_y
    item.PhysicalDeltaX, item.PhysicalDeltaY = numbers.delta_x, numbers.delta_y
    if numbers.reference_pixel is not None:
        item.ReferencePixelX0, item.ReferencePixelY0 = numbers.reference_pixel
    if numbers.reference_value is not None:
        item.ReferencePixelPhysicalValueX, item.ReferencePixelPhysicalValueY = numbers.reference_value
    if numbers.transducer_khz is not None:
        item.TransducerFrequency = numbers.transducer_khz
    return item
