"""Compress one frame as a DICOM encapsulated item."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonosift.dicom.encodings import Encoding, Photometric

Frame = npt.NDArray[np.uint8]


def encode_frame(
    frame: Frame, encoding: Encoding, photometric: Photometric, *, jpeg_quality: int = 90, jpeg_2000_level: int = 42
) -> bytes:
    """Compress one frame.

    Args:
        frame: ``[H, W]`` for MONOCHROME2 and PALETTE COLOR; ``[H, W, 3]`` in RGB for RGB, YBR_FULL_422 (JPEG),
            YBR_RCT and YBR_ICT (JPEG 2000), whose colour transform belongs to the codec; YBR_FULL already converted.
        encoding: The target; it must be an encapsulated one.
        photometric: The colour model that the header will state.
        jpeg_quality: For JPEG baseline, 1 to 100.
        jpeg_2000_level: For lossy JPEG 2000, the peak signal-to-noise ratio to reach, in dB.
    """
    if photometric not in encoding.photometrics:
        raise ValueError(f"{encoding.name} does not carry {photometric}; allowed: {', '.join(encoding.photometrics)}")
    frame = np.ascontiguousarray(frame)
    encoders: dict[str, Callable[[], bytes]] = {
        "rle": lambda: _run_length(frame),
        "jpeg": lambda: _jpeg(frame, photometric, jpeg_quality),
        "jpeg-lossless": lambda: _jpeg_lossless(frame),
        "jpeg-ls": lambda: _jpeg_ls(frame),
        "jpeg-2000": lambda: _jpeg_2000(frame, photometric, None if encoding.lossless else jpeg_2000_level),
    }
    if encoding.codec not in encoders:
        raise ValueError(f"{encoding.name} is not compressed")
    return encoders[encoding.codec]()


def _jpeg(frame: Frame, photometric: Photometric, quality: int) -> bytes:
    import imagecodecs

    if frame.ndim == 2:
        return bytes(imagecodecs.jpeg8_encode(frame, level=quality))
    if photometric == "RGB":
        return bytes(
            imagecodecs.jpeg8_encode(frame, level=quality, colorspace="RGB", outcolorspace="RGB", subsampling="444")
        )
    return bytes(imagecodecs.jpeg8_encode(frame, level=quality, colorspace="RGB", subsampling="422"))


def _jpeg_lossless(frame: Frame) -> bytes:
    # Predictor 1 is "selection value 1", the only one that transfer syntax .70 allows.
    import imagecodecs

    if frame.ndim == 2:
        return bytes(imagecodecs.jpeg8_encode(frame, lossless=True, predictor=1))
    return bytes(imagecodecs.jpeg8_encode(frame, lossless=True, predictor=1, colorspace="RGB", outcolorspace="RGB"))


def _jpeg_ls(frame: Frame) -> bytes:
    import imagecodecs

    # Room to spare: noise becomes longer than it was.
    return bytes(imagecodecs.jpegls_encode(frame, out=2 * frame.nbytes + 4096))


def _jpeg_2000(frame: Frame, photometric: Photometric, peak_ratio: int | None) -> bytes:
    # A bare codestream, as DICOM wants it; one thread, so that the bytes never depend on the machine's cores.
    import imagecodecs

    return bytes(
        imagecodecs.jpeg2k_encode(
            frame,
            level=0 if peak_ratio is None else peak_ratio,
            codecformat="j2k",
            reversible=peak_ratio is None,
            mct=photometric in ("YBR_RCT", "YBR_ICT"),
            numthreads=1,
        )
    )


def _run_length(frame: Frame) -> bytes:
    from rle.utils import encode_pixel_data

    rows, columns = frame.shape[:2]
    return bytes(
        encode_pixel_data(
            frame.tobytes(),
            rows=rows,
            columns=columns,
            samples_per_pixel=1 if frame.ndim == 2 else 3,
            bits_allocated=8,
        )
    )
