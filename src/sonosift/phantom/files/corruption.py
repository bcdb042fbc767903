"""Files that go wrong: damaged exports, and things that never were images."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from sonosift.dicom.encodings import encoding_named
from sonosift.dicom.file_bytes import file_bytes
from sonosift.phantom.paperwork.metadata import ExamHeader, exam_dataset, make_uid
from sonosift.phantom.paperwork.planted import Planted

_BASIC_TEXT_REPORT = "1.2.840.10008.5.1.4.1.1.88.11"


def _truncated(whole: bytes, rng: np.random.Generator) -> bytes:
    return whole[: int(len(whole) * rng.uniform(0.3, 0.7))]


def _empty(whole: bytes, rng: np.random.Generator) -> bytes:
    del whole, rng
    return b""


def _random_bytes(whole: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(min(len(whole), 20_000))


def _header_only(whole: bytes, rng: np.random.Generator) -> bytes:
    del rng
    return whole[:140]


def _web_page(whole: bytes, rng: np.random.Generator) -> bytes:
    del whole, rng
    return b"<html><head><title>504 Gateway Time-out</title></head><body>PACS did not answer</body></html>\n"


def _lying_size(whole: bytes, rng: np.random.Generator) -> bytes:
    """Claim far more rows than the pixel data holds."""
    dataset = dcmread(io.BytesIO(whole))
    dataset.Rows = int(dataset.Rows) * int(rng.integers(3, 9))
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


# "lying size" needs an uncompressed file; the others take any.
DAMAGES: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {
    "truncated": _truncated,
    "empty": _empty,
    "random bytes": _random_bytes,
    "header only": _header_only,
    "not a dicom": _web_page,
    "lying size": _lying_size,
}


def report_without_image(header: ExamHeader, planted: Planted, rng: np.random.Generator) -> bytes:
    """Return a valid DICOM report that holds text and no picture."""
    dataset = exam_dataset(header, planted, rng)
    dataset.Modality = "SR"
    dataset.SOPClassUID = _BASIC_TEXT_REPORT
    dataset.SOPInstanceUID = planted.plant("uid", make_uid(header.seed, header.exam, "report"))
    finding = Dataset()
    finding.ValueType = "TEXT"
    finding.TextValue = f"{planted.plant('name', header.patient.screen_name)}: liver of normal size."
    dataset.ValueType = "CONTAINER"
    dataset.ContentSequence = [finding]
    return file_bytes(dataset, encoding_named("explicit-little-endian"))


def leaflet() -> bytes:
    """Return the text file that export programs leave beside the images."""
    return b"This medium contains images for diagnostic use.\r\nStart VIEWER.EXE to look at them.\r\n"
