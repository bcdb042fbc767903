"""A decoder of JPEG lossless and 12-bit JPEG for pydicom, on imagecodecs (its usual ones are GPL or unsafe)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
from pydicom import uid
from pydicom.pixels.decoders.base import get_decoder

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import DecodeRunner

DECODER_DEPENDENCIES = {
    uid.JPEGExtended12Bit: ("imagecodecs",),
    uid.JPEGLossless: ("imagecodecs",),
    uid.JPEGLosslessSV1: ("imagecodecs",),
}
_LABEL = "imagecodecs"


def register() -> None:
    """Offer this decoder to pydicom; calling it again does nothing."""
    for syntax in DECODER_DEPENDENCIES:
        decoder = get_decoder(syntax)
        if _LABEL not in decoder.available_plugins:
            decoder.add_plugin(_LABEL, (__name__, "decode_frame"))


def is_available(syntax: str) -> bool:
    """Say whether this plugin decodes ``syntax`` (asked by pydicom)."""
    return syntax in DECODER_DEPENDENCIES


def decode_frame(source: bytes, runner: DecodeRunner) -> bytes:
    """Return the samples of one encoded frame, colour by pixel (called by pydicom)."""
    if runner.transfer_syntax == uid.JPEGExtended12Bit:
        pixels = imagecodecs.jpeg_decode(source)
    else:
        pixels = imagecodecs.jpegsof3_decode(source)
    if runner.samples_per_pixel > 1:
        runner.set_option("planar_configuration", 0)
    runner.set_option("bits_allocated", 8 * pixels.dtype.itemsize)
    return np.ascontiguousarray(pixels).tobytes()
