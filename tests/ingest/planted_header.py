"""A DICOM file with a secret in every element of the standard's dictionary, and six sequences deep."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from sonosift.dicom.encodings import encoding_named
from sonosift.dicom.file_bytes import file_bytes
from sonosift.dicom.pixel_module import set_pixels
from sonosift.dicom.ultrasound_regions import Region, set_regions

SECRET_DAY = "19370214"
SECRET_NAME = "Quillfeather"
DEPTH = 6

# Group lengths, the file meta group, sequence delimiters, and elements without which no picture can be decoded.
_LEFT_ALONE = {"SpecificCharacterSet", "FloatPixelData", "DoubleFloatPixelData", "ExtendedOffsetTable",
               "ExtendedOffsetTableLengths", "PixelDataProviderURL"}  # fmt: skip
_TEXT = {"LO": 64, "SH": 16, "UC": 400, "UT": 400, "LT": 400, "ST": 400}
_FORMS = {
    "PN": SECRET_NAME + "^Zq{:06d}x", "CS": "ZQ{:06d}X", "AE": "ae{:06d}zq", "UI": "1.2.999.{}.7734911",
    "IS": "77{:06d}", "DS": "31{:06d}.25", "UR": "http://zq{:06d}x.example", "DA": SECRET_DAY,
    "DT": SECRET_DAY + "031337", "TM": "031337.773491", "AS": "093Y",
}  # fmt: skip
_BYTES = {"OB", "OW", "OF", "OD", "OL", "OV", "UN"}
_NUMBERS = {"UL": "<I", "SL": "<i", "FL": "<f", "FD": "<d", "SV": "<q", "UV": "<Q"}


@dataclass
class Planted:
    """A dataset and the secrets in it."""

    dataset: Dataset = field(default_factory=Dataset)
    texts: set[str] = field(default_factory=set)
    raw: set[bytes] = field(default_factory=set)
    vrs: set[str] = field(default_factory=set)

    def value(self, vr: str, number: int) -> object:
        """Make a secret of a value representation, and remember it."""
        self.vrs.add(vr)
        if vr in _TEXT:
            return self._text(f"Zq{number:06d}x {SECRET_NAME}"[: _TEXT[vr]])
        if vr in _FORMS:
            return self._text(_FORMS[vr].format(number))
        if vr in _BYTES:
            return self._raw(f"raw{number:06d}{SECRET_NAME}padded..".encode().ljust(40, b"."))
        if vr in _NUMBERS:
            value = 1e9 + number if vr[0] == "F" else 1_500_000_000 + number
            self._raw(struct.pack(_NUMBERS[vr], value))
            return value
        return {"US": 31337, "SS": 31337, "AT": 0x77349110}[vr]  # too short to be searched for

    def _text(self, text: str) -> str:
        self.texts.add(text)
        return text

    def _raw(self, data: bytes) -> bytes:
        self.raw.add(data)
        return data


def planted() -> Planted:
    """Fill every element, in its own representation; sequences hold names down to ``DEPTH``; private elements too."""
    planted = Planted()
    for number, (tag, (vr, *_)) in enumerate(sorted(DicomDictionary.items())):
        keyword = keyword_for_tag(tag)
        if Tag(tag).group in (0x0000, 0x0002, 0xFFFE) or not keyword or keyword in _LEFT_ALONE or vr == "NONE":
            continue
        first = vr.split(" or ")[0]
        if first == "SQ":
            planted.vrs.add("SQ")
            planted.dataset.add_new(tag, "SQ", Sequence([_nested(planted, number, DEPTH)]))
        else:
            planted.dataset.add_new(tag, first, planted.value(first, number))
    for group in (0x0009, 0x0019, 0x7FE1):
        block = planted.dataset.private_block(group, f"Maker {SECRET_NAME}", create=True)
        block.add_new(0x01, "LO", planted.value("LO", 900_000 + group))
        block.add_new(0x02, "SQ", Sequence([_nested(planted, 910_000 + group, DEPTH)]))
        block.add_new(0x03, "UN", planted.value("UN", 920_000 + group))
    return planted


def _nested(planted: Planted, number: int, depth: int) -> Dataset:
    item = Dataset()
    item.PatientName = planted.value("PN", number)
    item.add_new(0x00091001, "LO", planted.value("LO", number))
    item.add_new(0x00090010, "LO", "MAKER")
    if depth > 1:
        item.ReferencedStudySequence = Sequence([_nested(planted, number, depth - 1)])
    return item


def planted_file(planted: Planted) -> bytes:
    """Put a real picture into the dataset, so that it decodes, and return the file."""
    dataset = planted.dataset
    for keyword in [element.keyword for element in dataset if "PaletteColorLookupTable" in element.keyword]:
        del dataset[keyword]
    frames = np.random.default_rng(1).integers(0, 256, (3, 40, 60, 3), dtype=np.uint8)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    dataset.NumberOfFrames, dataset.FrameTime, dataset.Modality = 3, "40", "US"
    dataset.LossyImageCompression = "00"
    dataset.FrameTimeVector = None
    dataset.CineRate = dataset.RecommendedDisplayFrameRate = 25
    dataset.StudyDate = SECRET_DAY
    set_pixels(dataset, frames, encoding_named("explicit-little-endian"), "RGB")
    set_regions(dataset, [Region((2, 2, 57, 37), 0.5)], 3500)
    region = dataset.SequenceOfUltrasoundRegions[0]
    region.PatientName = planted.value("PN", 999_999)
    region.ReferencedStudySequence = Sequence([_nested(planted, 999_998, DEPTH)])
    return file_bytes(dataset, encoding_named("explicit-little-endian"))
