"""DICOM: every frame decoded one at a time and turned to grey, whatever its encoding and colour model."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, config, dcmread
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import as_pixel_options, iter_pixels
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from sonosift.archive import jpeg_plugin
from sonosift.archive.clip import Clip, ClipHeader, Frame
from sonosift.archive.dicom_header import header_of, read_dataset
from sonosift.archive.frame_budget import ASSUMED_RATE_HZ, check_frame, check_native_length, sampled_indices
from sonosift.archive.grey import split_colour, to_bytes
from sonosift.archive.palette import palette_table, through_palette
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.archive.video_reader import video_frames

_Palette = tuple[int, NDArray[np.uint8]]
_PIXEL_DATA, _PIXEL_DATA_BIG_ENDIAN = b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10"
_VIDEO_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109))


def open_dicom(path: Path) -> Clip:
    """Read the named header elements; pixels are decoded when asked for, only the frames wanted."""
    _silence_pydicom()
    jpeg_plugin.register()
    dataset, pixels_at = read_dataset(path)
    header = header_of(dataset)
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    if not syntax.is_transfer_syntax:
        raise Unreadable(Reason.UNSUPPORTED_ENCODING)
    if any(str(syntax).startswith(prefix) for prefix in _VIDEO_SYNTAXES):
        return Clip(header, lambda wanted_hz: _video_in_dicom(path, header, wanted_hz))
    if not syntax.is_encapsulated and syntax != DeflatedExplicitVRLittleEndian:
        _check_length(path, dataset, header)

    def frames(wanted_hz: float) -> Iterator[Frame]:
        indices = sampled_indices(header.frame_count or 1, header.rate_hz, wanted_hz)
        rate = header.rate_hz or ASSUMED_RATE_HZ
        palette = _palette(dataset)
        for index, pixels in zip(indices, _decoded(path, dataset, pixels_at, indices), strict=False):
            grey, rgb = _in_grey(pixels, dataset, palette)
            yield Frame(grey, index, index / rate, rgb)

    return Clip(header, frames)


def _silence_pydicom() -> None:
    # Its warnings and logged exceptions quote header values: they must reach no console and no log file.
    warnings.filterwarnings("ignore", module="pydicom")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    config.settings.reading_validation_mode = config.IGNORE


def _check_length(path: Path, dataset: Dataset, header: ClipHeader) -> None:
    samples, bits = int(dataset.get("SamplesPerPixel") or 1), int(dataset.BitsAllocated)
    frame_bytes = check_frame(header.height, header.width, samples, bits)
    if bits == 1:
        frame_bytes //= 8
    elif dataset.get("PhotometricInterpretation") == "YBR_FULL_422":
        frame_bytes = frame_bytes * 2 // 3
    check_native_length(frame_bytes, header.frame_count or 1, path.stat().st_size)


def _decoded(path: Path, dataset: Dataset, pixels_at: int, indices: list[int]) -> Iterator[NDArray[Any]]:
    """Decode the wanted frames to samples; colour comes out as RGB."""
    try:
        if dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
            yield from iter_pixels(dcmread(path, force=True), indices=indices)
        else:
            yield from _decoded_from_file(path, dataset, pixels_at, indices)
    except Unreadable:
        raise
    except MemoryError as error:
        raise Unreadable(Reason.TOO_MUCH_MEMORY) from error
    except NotImplementedError as error:
        raise Unreadable(Reason.UNSUPPORTED_ENCODING) from error
    except Exception as error:  # each codec has errors of its own
        raise Unreadable(Reason.BROKEN_PIXELS) from error


def _decoded_from_file(path: Path, dataset: Dataset, pixels_at: int, indices: list[int]) -> Iterator[NDArray[Any]]:
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    decoder = get_decoder(syntax)
    options = as_pixel_options(dataset, pixel_keyword="PixelData", transfer_syntax_uid=syntax)
    with path.open("rb") as handle:
        handle.seek(pixels_at)
        element = handle.read(8 if syntax.is_implicit_VR else 12)
        if element[:4] not in (_PIXEL_DATA, _PIXEL_DATA_BIG_ENDIAN):
            raise Unreadable(Reason.NO_PIXELS)
        if not syntax.is_implicit_VR:
            options["pixel_vr"] = element[4:6].decode("ascii")
        # Taken raw: pydicom's own conversion of YBR to RGB costs more than decoding the JPEG.
        for pixels, properties in decoder.iter_array(handle, indices=indices, raw=True, **options):
            if properties["photometric_interpretation"] in ("YBR_FULL", "YBR_FULL_422") and pixels.dtype == np.uint8:
                yield cv2.cvtColor(np.ascontiguousarray(pixels[..., [0, 2, 1]]), cv2.COLOR_YCrCb2RGB)
            else:
                yield pixels


def _palette(dataset: Dataset) -> _Palette | None:
    if str(dataset.get("PhotometricInterpretation")) != "PALETTE COLOR":
        return None
    try:
        return palette_table(dataset)
    except Exception as error:  # a palette that is missing or too short
        raise Unreadable(Reason.BROKEN_HEADER) from error


def _in_grey(
    pixels: NDArray[Any], dataset: Dataset, palette: _Palette | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    bits = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    try:
        if palette is not None:
            return split_colour(through_palette(pixels, *palette))
        if pixels.ndim == 3:
            return split_colour(to_bytes(pixels[..., :3], bits, None))
        grey = to_bytes(pixels, bits, _window(dataset) if bits > 8 else None)
    except Exception as error:  # a depth or a shape that lies
        raise Unreadable(Reason.BROKEN_PIXELS) from error
    inverted = str(dataset.get("PhotometricInterpretation")) == "MONOCHROME1"
    return (255 - grey if inverted else grey), None


def _window(dataset: Dataset) -> tuple[float, float] | None:
    centre, width = dataset.get("WindowCenter"), dataset.get("WindowWidth")
    if centre is None or width is None:
        return None
    values = [float(value[0] if type(value).__name__ == "MultiValue" else value) for value in (centre, width)]
    return (values[0], values[1]) if values[1] >= 1 else None


def _video_in_dicom(path: Path, header: ClipHeader, wanted_hz: float) -> Iterator[Frame]:
    # One encapsulated stream holds the whole clip; it is compressed, so it may sit in memory.
    try:
        stream = next(generate_frames(dcmread(path, force=True).PixelData, number_of_frames=1))
    except Exception as error:
        raise Unreadable(Reason.BROKEN_PIXELS) from error
    yield from video_frames(io.BytesIO(stream), header.rate_hz, wanted_hz)
