"""Put frames into a dataset: the image pixel module, plain or encapsulated."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended

from sonosift.dicom.codecs import encode_frame
from sonosift.dicom.colour_models import palette_words, rgb_to_ybr_full, subsample_422
from sonosift.dicom.encodings import Encoding, Photometric


def set_pixels(
    dataset: Dataset,
    frames: npt.NDArray[np.uint8],
    encoding: Encoding,
    photometric: Photometric,
    *,
    palette: npt.NDArray[np.uint8] | None = None,
    fragments_per_frame: int = 1,
    offset_table: str = "basic",
    jpeg_quality: int = 90,
) -> None:
    """Fill the image pixel module of ``dataset`` with ``frames``.

    Args:
        dataset: Changed in place.
        frames: ``[n, H, W]`` (grey values or palette indices) or ``[n, H, W, 3]`` in RGB.
        encoding: How the pixel data is to lie in the file.
        photometric: The colour model to state and to convert to.
        palette: ``[256, 3]`` colours, for PALETTE COLOR only.
        fragments_per_frame: Into how many items each compressed frame is cut.
        offset_table: ``basic``, ``extended`` or ``none``; for compressed frames.
        jpeg_quality: For JPEG baseline.
    """
    _check(frames, encoding, photometric, palette)
    count, rows, columns = frames.shape[:3]
    dataset.SamplesPerPixel = 1 if frames.ndim == 3 else 3
    dataset.PhotometricInterpretation = photometric
    if frames.ndim == 4:
        dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    if palette is not None:
        _set_palette(dataset, palette, big_endian=encoding.name == "explicit-big-endian")
    if encoding.encapsulated:
        source = rgb_to_ybr_full(frames) if photometric == "YBR_FULL" else frames
        items = [encode_frame(frame, encoding, photometric, jpeg_quality=jpeg_quality) for frame in source]
        if not encoding.lossless:
            dataset.LossyImageCompression = "01"
            ratio = frames[0].nbytes * count / max(1, sum(map(len, items)))
            dataset.LossyImageCompressionRatio = f"{ratio:.3f}"
        _set_items(dataset, items, fragments_per_frame, offset_table)
    else:
        _set_plain(dataset, frames, encoding, photometric)


def _check(frames: npt.NDArray[np.uint8], encoding: Encoding, photometric: Photometric, palette: Any) -> None:
    one_sample = photometric in ("MONOCHROME2", "PALETTE COLOR")
    if photometric not in encoding.photometrics:
        raise ValueError(f"{encoding.name} does not carry {photometric}; allowed: {', '.join(encoding.photometrics)}")
    if frames.dtype != np.uint8 or frames.ndim != (3 if one_sample else 4):
        wanted = "[n, H, W]" if one_sample else "[n, H, W, 3]"
        raise ValueError(f"{photometric} wants uint8 frames {wanted}, got {frames.dtype} {frames.shape}")
    if (palette is None) == (photometric == "PALETTE COLOR"):
        raise ValueError("a palette goes with PALETTE COLOR and with nothing else")


def _set_palette(dataset: Dataset, palette: npt.NDArray[np.uint8], *, big_endian: bool) -> None:
    for channel, name in enumerate(("Red", "Green", "Blue")):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [len(palette), 0, 16])
        words = palette_words(palette[:, channel], big_endian=big_endian)
        setattr(dataset, f"{name}PaletteColorLookupTableData", words)


def _set_items(dataset: Dataset, items: list[bytes], fragments_per_frame: int, offset_table: str) -> None:
    if offset_table == "extended":
        # The standard allows the extended table only with one fragment per frame.
        value, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(items)
    else:
        value = encapsulate(items, fragments_per_frame=fragments_per_frame, has_bot=offset_table == "basic")
    dataset["PixelData"] = DataElement("PixelData", "OB", value, is_undefined_length=True)


def _set_plain(dataset: Dataset, frames: npt.NDArray[np.uint8], encoding: Encoding, photometric: Photometric) -> None:
    if photometric in ("YBR_FULL", "YBR_FULL_422"):
        frames = rgb_to_ybr_full(frames)
    if photometric == "YBR_FULL_422":
        frames = subsample_422(frames)
    value = frames.tobytes()
    value += b"\0" * (len(value) % 2)
    # Implicit VR knows only OW; with an explicit VR, OB keeps bytes in order also in a big-endian file.
    dataset["PixelData"] = DataElement("PixelData", "OW" if encoding.name.startswith("implicit") else "OB", value)
