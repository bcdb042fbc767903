"""The few header elements that are read at all; everything else in a DICOM file stays unread."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydicom import Dataset, uid
from pydicom.multival import MultiValue

from sonosift.archive.clip import ClipHeader, Identity, Region
from sonosift.archive.frame_budget import check_count, check_frame
from sonosift.archive.ultrasound_regions import regions_of
from sonosift.archive.unreadable import Reason, Unreadable, refusing

_IDENTITY_NAMES = (
    "PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName", "OtherPatientIDs",
    "PatientAddress", "PatientTelephoneNumbers", "ResponsiblePerson", "ReferringPhysicianName",
    "PerformingPhysicianName", "RequestingPhysician", "PhysiciansOfRecord", "OperatorsName",
    "NameOfPhysiciansReadingStudy", "InstitutionName", "InstitutionAddress", "DeviceSerialNumber", "AccessionNumber",
    "PatientBirthDate",
)  # fmt: skip
_PALETTE = tuple(
    f"{prefix}{channel}PaletteColorLookupTable{part}"
    for channel in ("Red", "Green", "Blue")
    for prefix, part in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
)
_DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
KEYWORDS = (
    "PatientID", "IssuerOfPatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
    "SOPClassUID", "Modality", "Manufacturer",
    "ManufacturerModelName", "TransducerData", "TransducerType", "StudyDescription", "SeriesDescription",
    "BodyPartExamined", "LossyImageCompression", "NumberOfFrames", "FrameTime",
    "CineRate", "RecommendedDisplayFrameRate", "FrameTimeVector", "SequenceOfUltrasoundRegions", "PixelSpacing",
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "WindowCenter", "WindowWidth", "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths", *_PALETTE, *_DATES, *_IDENTITY_NAMES,
)  # fmt: skip
_WITHOUT_PIXELS = frozenset({"SR", "PR", "KO", "DOC", "AU", "ECG", "REG", "PLAN"})
_LOSSY = frozenset(
    {uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLSNearLossless, uid.JPEG2000, uid.HTJ2K}
    | {f"1.2.840.10008.1.2.4.{number}" for number in range(100, 110)}
)
"""Encodings that always lose something: JPEG, near-lossless JPEG-LS, JPEG 2000, and the video ones."""


def header_of(dataset: Dataset) -> ClipHeader:
    """Turn the elements into facts, refusing sizes that no machine makes.

    Raises:
        Unreadable: for a document without pixels, and for a header that contradicts itself.
    """
    with refusing(Reason.BROKEN_HEADER):  # a malformed value surfaces only when it is converted
        rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
        frames = int(dataset.get("NumberOfFrames") or 1)
        samples, bits = int(dataset.get("SamplesPerPixel") or 1), int(dataset.get("BitsAllocated") or 0)
        if not rows and not columns and not bits:
            raise Unreadable(Reason.NOT_AN_IMAGE if _is_document(dataset) else Reason.NO_PIXELS)
        check_frame(rows, columns, samples, bits)
        check_count(frames)
        _settle_depth(dataset, bits)
        regions = regions_of(dataset)
        return ClipHeader(
            kind="dicom",
            height=rows,
            width=columns,
            frame_count=frames,
            rate_hz=_rate(dataset, frames),
            identity=_identity(dataset),
            modality=_text(dataset, "Modality"),
            manufacturer=_text(dataset, "Manufacturer"),
            model=_text(dataset, "ManufacturerModelName"),
            transducers=_texts(dataset, "TransducerData"),
            study_description=_text(dataset, "StudyDescription"),
            regions=regions,
            mm_per_pixel=_spacing(dataset, regions),
            study_date=_date(dataset),
            series_description=_text(dataset, "SeriesDescription"),
            body_part=_text(dataset, "BodyPartExamined"),
            sop_class=_text(dataset, "SOPClassUID"),
            lossy=_text(dataset, "LossyImageCompression") == "01" or _transfer_syntax(dataset) in _LOSSY,
        )


def _is_document(dataset: Dataset) -> bool:
    """Say whether an object without pixels is meant to have none: a report, a waveform, a vendor's raw data."""
    kind = uid.UID(_text(dataset, "SOPClassUID") or "").name
    without = kind.endswith("Storage") and "Image" not in kind and "Volume" not in kind
    return without or _text(dataset, "Modality") in _WITHOUT_PIXELS


def _settle_depth(dataset: Dataset, allocated: int) -> None:
    """Count the stored bits from the bottom, also where old machines keep them at the top of the word."""
    stored = int(dataset.get("BitsStored") or allocated)
    high = int(dataset.get("HighBit") or stored - 1)
    if not 1 <= stored <= allocated:
        raise Unreadable(Reason.BROKEN_HEADER)
    if not stored - 1 <= high < allocated:
        high = stored - 1
    dataset.BitsStored, dataset.HighBit = high + 1, high


def _identity(dataset: Dataset) -> Identity:
    names = [value for keyword in _IDENTITY_NAMES for value in _texts(dataset, keyword)]
    return Identity(
        patient_id=_text(dataset, "PatientID") or "",
        issuer=_text(dataset, "IssuerOfPatientID") or "",
        exam=_text(dataset, "StudyInstanceUID") or "",
        series=_text(dataset, "SeriesInstanceUID") or "",
        instance=_text(dataset, "SOPInstanceUID") or "",
        frame_of_reference=_text(dataset, "FrameOfReferenceUID") or "",
        names=tuple(names),
    )


def _text(dataset: Dataset, keyword: str) -> str | None:
    values = _texts(dataset, keyword)
    return values[0] if values else None


def _texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    try:
        value: Any = dataset.get(keyword)
        several = value if isinstance(value, (list, tuple, MultiValue)) else [value]
        texts = [str(item) for item in several if item is not None]
    except Exception:  # the header names a character set that does not exist, or does not keep to its own
        texts = _texts_in_any_characters(dataset, keyword)
    cleaned = ("".join(c if c.isprintable() else " " for c in text).strip() for text in texts)
    return tuple(text for text in cleaned if text)


def _texts_in_any_characters(dataset: Dataset, keyword: str) -> list[str]:
    raw = dataset.get_item(keyword)
    value = raw.value if raw is not None else b""
    return value.decode("utf-8", "replace").split("\\") if isinstance(value, bytes) else []


def _transfer_syntax(dataset: Dataset) -> str:
    return str(dataset.file_meta.TransferSyntaxUID)


def _date(dataset: Dataset) -> str | None:
    """Return the first date that exists in the calendar, also in the old form 1997.07.17."""
    for keyword in _DATES:
        digits = (_text(dataset, keyword) or "").replace(".", "")
        try:
            if len(digits) == 8 and digits.isascii() and digits.isdigit():
                datetime.strptime(digits, "%Y%m%d")
                return digits
        except ValueError:
            continue
    return None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _rate(dataset: Dataset, frames: int) -> float | None:
    """Frames a second: from the frame time or the frame times, else the rates that display stations use."""
    candidates: list[float | None] = []
    if milliseconds := _number(_text(dataset, "FrameTime")):
        candidates.append(1000.0 / milliseconds)
    steps = [_number(text) or 0.0 for text in _texts(dataset, "FrameTimeVector")]
    if frames > 1 and len(steps) > 1 and sum(steps) > 0:
        candidates.append(1000.0 * (len(steps) - 1) / sum(steps))
    candidates += [_number(_text(dataset, keyword)) for keyword in ("CineRate", "RecommendedDisplayFrameRate")]
    return next((rate for rate in candidates if rate and 0.05 < rate < 1000), None)


def _spacing(dataset: Dataset, regions: tuple[Region, ...]) -> float | None:
    for region in regions:
        if region.mm_per_pixel and 0.005 < region.mm_per_pixel < 5:
            return region.mm_per_pixel
    spacing = _number(_text(dataset, "PixelSpacing"))
    return spacing if spacing and 0.005 < spacing < 5 else None
