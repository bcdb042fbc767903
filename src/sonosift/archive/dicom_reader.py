"""DICOM: every frame decoded one at a time and turned to grey, whatever its encoding and colour model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import as_pixel_options

from sonosift.archive import jpeg_plugin
from sonosift.archive.clip import Clip, ClipHeader, Frame
from sonosift.archive.codestream_size import codestream_size
from sonosift.archive.dicom_dataset import OpenedDicom, open_dataset
from sonosift.archive.dicom_header import KEYWORDS, header_of
from sonosift.archive.dicom_video import frames_of_stream, is_video_syntax
from sonosift.archive.encapsulated_frames import group_by_frame, read_frame, read_items
from sonosift.archive.frame_budget import ASSUMED_RATE_HZ, check_frame, check_native_length, sampled_indices
from sonosift.archive.grey import split_colour, to_bytes
from sonosift.archive.palette import palette_table, through_palette
from sonosift.archive.retired_colours import RETIRED, rgb_of, samples_of
from sonosift.archive.unreadable import Reason, Unreadable, refusing

_UNDEFINED = 0xFFFFFFFF
_COLOUR_MODELS = RETIRED | {
    "MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT",
}  # fmt: skip
_JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
_HALF_THE_CHROMA = ("YBR_FULL_422", "YBR_PARTIAL_422")
_PIXEL_KEYWORDS = (
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration",
    "BitsAllocated", "BitsStored", "PixelRepresentation",
)  # fmt: skip
_Palette = tuple[int, NDArray[np.uint8]]
_Decoded = tuple[NDArray[Any], str]
"""Samples of a frame, colour by pixel, and their colour model, which is not always the one that the header states."""


def open_dicom(path: Path) -> Clip:
    """Read the named header elements; pixels are decoded when asked for, only the frames wanted."""
    jpeg_plugin.register()
    opened = open_dataset(path, KEYWORDS)
    header = header_of(opened.dataset)
    if is_video_syntax(opened.syntax):
        return Clip(header, lambda wanted_hz: frames_of_stream(opened, header, wanted_hz))
    if opened.syntax.is_private or not opened.syntax.is_transfer_syntax:
        raise Unreadable(Reason.UNSUPPORTED_ENCODING)
    with refusing(Reason.BROKEN_HEADER):
        model = _colour_model(opened)
        if not opened.syntax.is_encapsulated:
            _check_length(opened, header)

    def frames(wanted_hz: float) -> Iterator[Frame]:
        indices = sampled_indices(header.frame_count or 1, header.rate_hz, wanted_hz)
        rate = header.rate_hz or ASSUMED_RATE_HZ
        with refusing(Reason.BROKEN_PIXELS):
            palette = _palette(opened.dataset)
            decode = _encapsulated if opened.syntax.is_encapsulated else _retired if model in RETIRED else _native
            for index, decoded in zip(indices, decode(opened, header, indices), strict=True):
                grey, rgb = _in_grey(decoded, opened.dataset, palette)
                yield Frame(grey, index, index / rate, rgb)

    return Clip(header, frames)


def _colour_model(opened: OpenedDicom) -> str:
    """Return the colour model that the header states, or refuse one that cannot be converted."""
    model = str(opened.dataset.get("PhotometricInterpretation") or "")
    if not model:
        raise Unreadable(Reason.BROKEN_HEADER)
    if model not in _COLOUR_MODELS:
        raise Unreadable(Reason.UNSUPPORTED_ENCODING)
    if model in RETIRED and opened.syntax.is_encapsulated:
        if model != "YBR_PARTIAL_422" or opened.syntax not in _JPEG:
            raise Unreadable(Reason.UNSUPPORTED_ENCODING)
        opened.dataset.PhotometricInterpretation = "YBR_FULL_422"  # a JPEG codec knows no other range
    elif model in RETIRED and opened.dataset.BitsAllocated != 8:
        raise Unreadable(Reason.UNSUPPORTED_ENCODING)
    return model


def _check_length(opened: OpenedDicom, header: ClipHeader) -> None:
    with opened.open() as handle:
        _, declared, start = opened.pixel_element(handle)
    if declared == _UNDEFINED:  # compressed items under a header that promises plain bytes
        raise Unreadable(Reason.BROKEN_HEADER)
    full = header.height * header.width * 3 * (header.frame_count or 1)
    if opened.dataset.get("PhotometricInterpretation") == "YBR_FULL_422" and full <= declared <= full + 1:
        opened.dataset.PhotometricInterpretation = "YBR_FULL"  # the chroma of every pixel is there after all
    frame_bytes = _native_frame_bytes(opened.dataset, header)
    # How much a deflated file holds is known only at its end: there the element's own word has to do.
    available = declared if opened.inflated_from is not None else opened.path.stat().st_size - start
    check_native_length(frame_bytes, header.frame_count or 1, available)


def _native_frame_bytes(dataset: Dataset, header: ClipHeader) -> int:
    samples, bits = int(dataset.get("SamplesPerPixel") or 1), int(dataset.BitsAllocated)
    frame_bytes = check_frame(header.height, header.width, samples, bits)
    if bits == 1:
        return frame_bytes // 8
    return frame_bytes * 2 // 3 if dataset.get("PhotometricInterpretation") in _HALF_THE_CHROMA else frame_bytes


def _native(opened: OpenedDicom, header: ClipHeader, indices: Sequence[int]) -> Iterator[_Decoded]:
    options = _options(opened)
    frame_bytes = _native_frame_bytes(opened.dataset, header)
    # Frames that begin inside a byte or a swapped word need pydicom to look at their neighbours.
    alone = options["bits_allocated"] >= 8 and (opened.syntax.is_little_endian or frame_bytes % 2 == 0)
    decoder = get_decoder(opened.syntax)
    with opened.open() as handle:
        options["pixel_vr"], _, start = opened.pixel_element(handle)
        for index in indices:
            # One call for each frame, and forward: pydicom's own iteration misreads YBR_FULL_422 after the first
            # frame, and goes back after each, which in a deflated file means to the very beginning.
            # Taken raw: its conversion of YBR to RGB costs more than decoding a JPEG.
            if alone:
                handle.seek(start + index * frame_bytes)
                source = handle.read(frame_bytes)
                if len(source) < frame_bytes:
                    raise Unreadable(Reason.TRUNCATED)
                one = options | {"number_of_frames": 1}
                pixels, properties = decoder.as_array(source, index=0, raw=True, **one)
            else:
                handle.seek(start)
                pixels, properties = decoder.as_array(handle, index=index, raw=True, **options)
            yield pixels, str(properties["photometric_interpretation"])


def _retired(opened: OpenedDicom, header: ClipHeader, indices: Sequence[int]) -> Iterator[_Decoded]:
    """Decode the colour models that pydicom does not convert."""
    dataset, shape = opened.dataset, (header.height, header.width)
    model, by_plane = str(dataset.PhotometricInterpretation), dataset.get("PlanarConfiguration") == 1
    palette = palette_table(dataset) if "RedPaletteColorLookupTableDescriptor" in dataset else None
    frame_bytes = _native_frame_bytes(dataset, header)
    with opened.open() as handle:
        vr, _, start = opened.pixel_element(handle)
        if vr == "OW" and not opened.syntax.is_little_endian:  # bytes swapped in pairs
            raise Unreadable(Reason.UNSUPPORTED_ENCODING)
        for index in indices:
            handle.seek(start + index * frame_bytes)
            source = handle.read(frame_bytes)
            if len(source) < frame_bytes:
                raise Unreadable(Reason.TRUNCATED)
            yield rgb_of(samples_of(source, model, shape, by_plane=by_plane), model, palette), "RGB"


def _encapsulated(opened: OpenedDicom, header: ClipHeader, indices: Sequence[int]) -> Iterator[_Decoded]:
    options = _options(opened) | {"number_of_frames": 1, "pixel_vr": "OB"}
    decoder = get_decoder(opened.syntax)
    with opened.open() as handle:
        _, _, start = opened.pixel_element(handle)
        grouped = group_by_frame(read_items(handle, start), header.frame_count or 1, _extended(opened.dataset))
        for index in indices:
            encoded = read_frame(handle, grouped[index])
            if codestream_size(encoded) not in (None, (header.height, header.width)):
                raise Unreadable(Reason.BROKEN_PIXELS)
            # One frame at a time, wrapped anew: pydicom looks for frames by offset tables that may be wrong.
            pixels, properties = decoder.as_array(encapsulate([encoded]), index=0, raw=True, **options)
            yield pixels, str(properties["photometric_interpretation"])


def _options(opened: OpenedDicom) -> dict[str, Any]:
    # Not the whole data set: its offset tables, which pydicom wants in pairs, are ours to judge.
    plain = Dataset()
    for keyword in _PIXEL_KEYWORDS:
        if keyword in opened.dataset:
            setattr(plain, keyword, opened.dataset[keyword].value)
    return as_pixel_options(plain, pixel_keyword="PixelData", transfer_syntax_uid=uid.UID(opened.syntax))


def _extended(dataset: Dataset) -> tuple[int, ...]:
    table = dataset.get("ExtendedOffsetTable")
    if not isinstance(table, bytes) or len(table) % 8:
        return ()
    return tuple(int(offset) for offset in np.frombuffer(table, dtype="<u8"))


def _palette(dataset: Dataset) -> _Palette | None:
    if str(dataset.get("PhotometricInterpretation")) != "PALETTE COLOR":
        return None
    with refusing(Reason.BROKEN_HEADER):
        return palette_table(dataset)


def _in_grey(
    decoded: _Decoded, dataset: Dataset, palette: _Palette | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    pixels, photometric = decoded
    bits = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    if palette is not None:
        return split_colour(through_palette(pixels, *palette))
    if pixels.ndim == 3:
        colour = to_bytes(pixels[..., :3], bits, None)
        if photometric in ("YBR_FULL", "YBR_FULL_422"):
            luminance, blue, red = cv2.split(np.ascontiguousarray(colour))
            colour = cv2.cvtColor(cv2.merge([luminance, red, blue]), cv2.COLOR_YCrCb2RGB).astype(np.uint8, copy=False)
        return split_colour(colour)
    grey = to_bytes(pixels, bits, _window(dataset) if bits > 8 else None)
    inverted = str(dataset.get("PhotometricInterpretation")) == "MONOCHROME1"
    return (255 - grey if inverted else grey), None


def _window(dataset: Dataset) -> tuple[float, float] | None:
    centre, width = dataset.get("WindowCenter"), dataset.get("WindowWidth")
    if centre is None or width is None:
        return None
    values = [float(value[0] if type(value).__name__ == "MultiValue" else value) for value in (centre, width)]
    return (values[0], values[1]) if values[1] >= 1 else None
