"""The few header elements that are read at all; everything else in a DICOM file stays unread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import ImplicitVRLittleEndian

from sonosift.archive.clip import ClipHeader, Identity, Region
from sonosift.archive.frame_budget import check_count, check_frame
from sonosift.archive.unreadable import Reason, Unreadable

_IDENTITY_NAMES = (
    "PatientName", "OtherPatientNames", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName",
    "NameOfPhysiciansReadingStudy", "InstitutionName", "DeviceSerialNumber", "AccessionNumber",
    "PatientBirthDate",
)  # fmt: skip
_KEYWORDS = (
    "PatientID", "IssuerOfPatientID", "StudyInstanceUID", "SOPInstanceUID", "SOPClassUID", "Modality", "Manufacturer",
    "ManufacturerModelName", "TransducerData", "TransducerType", "StudyDescription", "NumberOfFrames", "FrameTime",
    "CineRate", "RecommendedDisplayFrameRate", "FrameTimeVector", "SequenceOfUltrasoundRegions", "PixelSpacing",
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "WindowCenter", "WindowWidth",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData", "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData", "SegmentedBluePaletteColorLookupTableData", "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths", *_IDENTITY_NAMES,
)  # fmt: skip
_WITHOUT_PIXELS = frozenset({"SR", "PR", "KO", "DOC", "AU", "ECG", "REG", "PLAN"})
_CENTIMETRES = 3
"""Unit code of PhysicalUnitsXDirection (0018,6024)."""


def read_dataset(path: Path) -> tuple[Dataset, int]:
    """Read the named elements of a file, and the place where its pixel data begins, but nothing of the pixels."""
    try:
        with path.open("rb") as handle:
            dataset = dcmread(handle, stop_before_pixels=True, force=True, specific_tags=list(_KEYWORDS))
            pixels_at = handle.tell()
    except MemoryError as error:
        raise Unreadable(Reason.TOO_MUCH_MEMORY) from error
    except (InvalidDicomError, OSError, RecursionError, EOFError) as error:
        raise Unreadable(Reason.BROKEN_HEADER) from error
    except Exception as error:  # pydicom's parsers raise whatever the bytes provoke
        raise Unreadable(Reason.BROKEN_HEADER) from error
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return dataset, pixels_at


def header_of(dataset: Dataset) -> ClipHeader:
    """Turn the elements into facts, refusing sizes that no machine makes.

    Raises:
        Unreadable: for a document without pixels, and for a header that contradicts itself.
    """
    try:
        rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
        frames = int(dataset.get("NumberOfFrames") or 1)
        samples, bits = int(dataset.get("SamplesPerPixel") or 1), int(dataset.get("BitsAllocated") or 0)
        if not rows and not columns and not bits:
            skipped = _text(dataset, "Modality") in _WITHOUT_PIXELS
            raise Unreadable(Reason.NOT_AN_IMAGE if skipped else Reason.NO_PIXELS)
        check_frame(rows, columns, samples, bits)
        check_count(frames)
        regions = tuple(_regions(dataset))
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
        )
    except Unreadable:
        raise
    except Exception as error:  # a malformed value surfaces only when it is converted
        raise Unreadable(Reason.BROKEN_HEADER) from error


def _identity(dataset: Dataset) -> Identity:
    names = [value for keyword in _IDENTITY_NAMES for value in _texts(dataset, keyword)]
    return Identity(
        patient_id=_text(dataset, "PatientID") or "",
        issuer=_text(dataset, "IssuerOfPatientID") or "",
        exam=_text(dataset, "StudyInstanceUID") or "",
        instance=_text(dataset, "SOPInstanceUID") or "",
        names=tuple(names),
    )


def _text(dataset: Dataset, keyword: str) -> str | None:
    values = _texts(dataset, keyword)
    return values[0] if values else None


def _texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    value: Any = dataset.get(keyword)
    if value is None:
        return ()
    several = value if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue" else [value]
    return tuple(text for text in (str(item).strip("\x00 ") for item in several) if text)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _rate(dataset: Dataset, frames: int) -> float | None:
    """Frames a second: from the frame time or the frame times, else the rates that display stations use."""
    candidates: list[float | None] = []
    if milliseconds := _number(dataset.get("FrameTime")):
        candidates.append(1000.0 / milliseconds)
    vector = dataset.get("FrameTimeVector")
    if vector is not None and frames > 1 and len(vector) > 1 and sum(map(float, vector)) > 0:
        candidates.append(1000.0 * (len(vector) - 1) / sum(map(float, vector)))
    candidates += [_number(dataset.get("CineRate")), _number(dataset.get("RecommendedDisplayFrameRate"))]
    return next((rate for rate in candidates if rate and 0.05 < rate < 1000), None)


def _regions(dataset: Dataset) -> list[Region]:
    found = []
    for item in dataset.get("SequenceOfUltrasoundRegions") or ():
        corners = [item.get(f"RegionLocation{corner}") for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        if any(corner is None for corner in corners):
            continue
        x0, y0, x1, y1 = (int(corner) for corner in corners)
        step = _number(item.get("PhysicalDeltaX"))
        in_centimetres = item.get("PhysicalUnitsXDirection") == _CENTIMETRES
        spacing = abs(step) * 10.0 if step and in_centimetres else None
        # Spatial format 1 is a two-dimensional image; traces and graphs hold no anatomy.
        if item.get("RegionSpatialFormat", 1) == 1:
            found.append(Region(x0, y0, x1 + 1, y1 + 1, int(item.get("RegionDataType", 0)), spacing))
    return found


def _spacing(dataset: Dataset, regions: tuple[Region, ...]) -> float | None:
    for region in regions:
        if region.mm_per_pixel and 0.005 < region.mm_per_pixel < 5:
            return region.mm_per_pixel
    values = dataset.get("PixelSpacing")
    spacing = _number(values[0]) if values else None
    return spacing if spacing and 0.005 < spacing < 5 else None
