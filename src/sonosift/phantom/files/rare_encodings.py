"""Encodings that few machines use: deflated, extended JPEG, and a whole clip as H.264 inside DICOM."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames

from sonosift.dicom.encodings import Encoding, encoding_named
from sonosift.dicom.pixel_module import set_pixels
from sonosift.phantom.files.write_video import has_h264, mp4_bytes
from sonosift.phantom.paperwork.machine_habits import Coding
from sonosift.phantom.rare_mess import DEFLATED, H264_CLIP, JPEG_EXTENDED

_DEFLATED = Encoding(
    "deflated-little-endian", "1.2.840.10008.1.2.1.99", "none", True, ("MONOCHROME2", "RGB", "PALETTE COLOR")
)
_EXTENDED = Encoding("jpeg-extended", "1.2.840.10008.1.2.4.51", "jpeg", False, ("MONOCHROME2", "YBR_FULL_422"))
# No codec makes single frames: the clip is one stream.
_H264 = Encoding("mpeg-4-avc", "1.2.840.10008.1.2.4.102", "none", False, ())
_RARE = {encoding.name: encoding for encoding in (_DEFLATED, _EXTENDED, _H264)}
_PLAIN = ("explicit-little-endian", "implicit-little-endian")
_BASELINE_START, _EXTENDED_START, _SCAN_START = 0xC0, 0xC1, 0xDA


def encoding_for(coding: Coding) -> Encoding:
    """Return the encoding that ``coding`` names, rare or not."""
    return _RARE.get(coding[0]) or encoding_named(coding[0])


def stated_photometric(coding: Coding) -> str:
    """Return the colour model that the header states.

    >>> stated_photometric(("mpeg-4-avc", "YBR_FULL_422"))
    'YBR_PARTIAL_420'
    """
    return "YBR_PARTIAL_420" if coding[0] == _H264.name else coding[1]


def rarer(coding: Coding | None, *, clip: bool, chance: np.random.Generator) -> Coding | None:
    """Return ``coding`` or, now and then, a rare encoding of the same colour model."""
    if coding is None:
        return None
    name, photometric = coding
    fate = chance.random()
    if name in _PLAIN and photometric in _DEFLATED.photometrics and fate < DEFLATED:
        return _DEFLATED.name, photometric
    if name == "jpeg-baseline" and photometric in _EXTENDED.photometrics:
        if fate < JPEG_EXTENDED:
            return _EXTENDED.name, photometric
        if clip and photometric == "YBR_FULL_422" and fate < JPEG_EXTENDED + H264_CLIP and has_h264():
            return _H264.name, photometric
    return coding


def set_any_pixels(
    dataset: Dataset,
    frames: npt.NDArray[np.uint8],
    coding: Coding,
    *,
    palette: npt.NDArray[np.uint8] | None,
    rate_hz: float | None,
    fragments_per_frame: int,
    offset_table: str,
) -> None:
    """Fill the image pixel module in any encoding, rare or not."""
    encoding = encoding_for(coding)
    if encoding is _H264:
        _set_stream(dataset, frames, rate_hz or 8.0)
        return
    set_pixels(
        dataset,
        frames,
        encoding,
        coding[1],
        palette=palette,
        fragments_per_frame=fragments_per_frame,
        offset_table=offset_table,
    )
    if encoding is _EXTENDED:
        items = generate_frames(dataset.PixelData, number_of_frames=len(frames))
        value = encapsulate([as_extended(item) for item in items])
        dataset["PixelData"] = DataElement("PixelData", "OB", value, is_undefined_length=True)


def as_extended(jpeg: bytes) -> bytes:
    """Return a baseline JPEG under the marker of the extended process, which may hold all that baseline may."""
    content = bytearray(jpeg)
    place = 2
    while content[place] == 0xFF and content[place + 1] != _SCAN_START:
        if content[place + 1] == _BASELINE_START:
            content[place + 1] = _EXTENDED_START
            return bytes(content)
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    raise ValueError("this is no baseline JPEG")


def _set_stream(dataset: Dataset, frames: npt.NDArray[np.uint8], rate_hz: float) -> None:
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PhotometricInterpretation = "YBR_PARTIAL_420"
    dataset.Rows, dataset.Columns = frames.shape[1:3]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    stream = mp4_bytes(frames, rate_hz)
    dataset.LossyImageCompression, dataset.LossyImageCompressionMethod = "01", "ISO_14496_10"
    dataset.LossyImageCompressionRatio = f"{3 * frames[..., 0].size / len(stream):.3f}"
    value = encapsulate([stream + b"\0" * (len(stream) % 2)])
    dataset["PixelData"] = DataElement("PixelData", "OB", value, is_undefined_length=True)
