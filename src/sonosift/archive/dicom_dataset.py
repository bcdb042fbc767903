"""A DICOM file opened as far as its pixels: the named elements, and where the pixel data begins."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from pydicom import Dataset, config, dcmread
from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from sonosift.archive.inflating_file import InflatingFile
from sonosift.archive.regular_file import open_regular
from sonosift.archive.unreadable import Reason, Unreadable, refusing

_PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_PIXEL_DATA, _PIXEL_DATA_BIG_ENDIAN = b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10"
_LARGEST_VALUE = 16 << 20
"""Bytes of one header element; larger ones are passed over. Tables of half a million frames take 4 million."""


@dataclass(frozen=True)
class OpenedDicom:
    """The elements that were asked for, and how to get at the rest."""

    path: Path
    dataset: Dataset
    syntax: UID
    """How the data set is encoded once it is inflated."""
    pixels_at: int
    """Where the element of the pixel data begins, in what ``open`` gives."""
    inflated_from: int | None = None
    """Where the deflated bytes begin, if the file is deflated."""

    def open(self) -> BinaryIO:
        """Open the file again, inflating on the way where needed."""
        handle = open_regular(self.path)
        if self.inflated_from is None:
            return handle
        return _inflating(handle, self.inflated_from)

    def pixel_element(self, handle: BinaryIO) -> tuple[str, int, int]:
        """Go to the pixel data and return the element's VR, its length, and where the value begins."""
        handle.seek(self.pixels_at)
        head = handle.read(8 if self.syntax.is_implicit_VR else 12)
        if head[:4] not in (_PIXEL_DATA, _PIXEL_DATA_BIG_ENDIAN):
            raise Unreadable(Reason.NO_PIXELS)
        order = "little" if self.syntax.is_little_endian else "big"
        length = int.from_bytes(head[-4:], cast("object", order))  # type: ignore[arg-type]
        return ("OW" if self.syntax.is_implicit_VR else head[4:6].decode("latin-1")), length, handle.tell()


def open_dataset(path: Path, keywords: Sequence[str]) -> OpenedDicom:
    """Read the elements named by ``keywords``, and nothing of the pixels.

    Raises:
        Unreadable: for a header that cannot be parsed.
    """
    _silence_pydicom()
    with refusing(Reason.BROKEN_HEADER):
        with open_regular(path) as handle:
            deflated_at = _deflated_at(handle)
            if deflated_at is not None:
                return _open_deflated(path, handle, deflated_at, keywords)
            handle.seek(0)
            dataset = dcmread(
                handle,
                stop_before_pixels=True,
                force=True,
                specific_tags=list(keywords),
                defer_size=_LARGEST_VALUE,
            )
            pixels_at = handle.tell()
            dataset.filename = None  # a value that was passed over is not read later, either
        if "TransferSyntaxUID" not in dataset.file_meta:
            dataset.file_meta.TransferSyntaxUID = _plain_syntax(dataset)
        return OpenedDicom(path, dataset, UID(dataset.file_meta.TransferSyntaxUID), pixels_at)


def _plain_syntax(dataset: Dataset) -> UID:
    """Name the encoding of a file that does not: pydicom tells it from the first element."""
    implicit, little_endian = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little_endian else ExplicitVRBigEndian


def _deflated_at(handle: BinaryIO) -> int | None:
    """Return where the deflated part begins, or None: pydicom's own reader would inflate all of it at once."""
    if not read_preamble(handle, force=True):
        handle.seek(0)
    meta = read_dataset(
        handle,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, *_: tag >> 16 != 2,
        defer_size=_LARGEST_VALUE,
    )
    return handle.tell() if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian else None


def _open_deflated(path: Path, handle: BinaryIO, start: int, keywords: Sequence[str]) -> OpenedDicom:
    inflated = _inflating(handle, start)
    dataset = read_dataset(
        inflated,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=_at_pixels,
        defer_size=_LARGEST_VALUE,
        specific_tags=[BaseTag(tag) for tag in _tags(keywords)],
    )
    pixels_at = inflated.tell()
    found = Dataset(dataset)
    found.file_meta = Dataset()  # type: ignore[assignment]
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.set_original_encoding(False, True)
    return OpenedDicom(path, found, ExplicitVRLittleEndian, pixels_at, inflated_from=start)


def _tags(keywords: Sequence[str]) -> list[int]:
    from pydicom.datadict import tag_for_keyword

    return [tag for keyword in keywords if (tag := tag_for_keyword(keyword)) is not None]


def _at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    del vr, length
    return tag in _PIXEL_TAGS


def _inflating(handle: BinaryIO, start: int) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(InflatingFile(handle, start), 1 << 16))


def _silence_pydicom() -> None:
    # Its warnings and logged exceptions quote header values: they must reach no console and no log file.
    warnings.filterwarnings("ignore", module="pydicom")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    config.settings.reading_validation_mode = config.IGNORE
