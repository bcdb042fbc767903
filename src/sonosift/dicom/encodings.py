"""The transfer syntaxes that Sonosift writes, and which colour models each may carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sonosift.errors import unknown_name

Photometric = Literal["MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"]
Codec = Literal["none", "rle", "jpeg", "jpeg-lossless", "jpeg-ls", "jpeg-2000"]


@dataclass(frozen=True)
class Encoding:
    """One way in which pixel data lies in a DICOM file.

    Attributes:
        name: The short name used in this project.
        uid: The transfer syntax.
        codec: Which compressor makes the frames; ``none`` for plain bytes.
        lossless: Whether decoding returns exactly what was encoded.
        photometrics: The colour models that the standard allows and Sonosift writes for it.
    """

    name: str
    uid: str
    codec: Codec
    lossless: bool
    photometrics: tuple[Photometric, ...]

    @property
    def encapsulated(self) -> bool:
        """Whether each frame is a compressed item of its own."""
        return self.codec != "none"


_PLAIN: tuple[Photometric, ...] = ("MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422")

_TABLE = (
    Encoding("implicit-little-endian", "1.2.840.10008.1.2", "none", True, _PLAIN),
    Encoding("explicit-little-endian", "1.2.840.10008.1.2.1", "none", True, _PLAIN),
    Encoding("explicit-big-endian", "1.2.840.10008.1.2.2", "none", True, _PLAIN),
    Encoding("rle", "1.2.840.10008.1.2.5", "rle", True, ("MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL")),
    Encoding("jpeg-baseline", "1.2.840.10008.1.2.4.50", "jpeg", False, ("MONOCHROME2", "RGB", "YBR_FULL_422")),
    Encoding("jpeg-lossless", "1.2.840.10008.1.2.4.70", "jpeg-lossless", True, ("MONOCHROME2", "RGB", "PALETTE COLOR")),
    Encoding("jpeg-ls", "1.2.840.10008.1.2.4.80", "jpeg-ls", True, ("MONOCHROME2", "RGB", "PALETTE COLOR")),
    Encoding(
        "jpeg-2000-lossless",
        "1.2.840.10008.1.2.4.90",
        "jpeg-2000",
        True,
        ("MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_RCT"),
    ),
    Encoding("jpeg-2000", "1.2.840.10008.1.2.4.91", "jpeg-2000", False, ("MONOCHROME2", "YBR_ICT")),
)

ENCODINGS: dict[str, Encoding] = {encoding.name: encoding for encoding in _TABLE}


def encoding_named(name: str) -> Encoding:
    """Return the encoding called ``name``.

    >>> encoding_named("jpeg-ls").uid
    '1.2.840.10008.1.2.4.80'
    """
    if name not in ENCODINGS:
        raise unknown_name("encoding", name, ENCODINGS)
    return ENCODINGS[name]


def encoding_of(uid: str) -> Encoding | None:
    """Return the encoding of a transfer syntax, or None when it is not in the table."""
    return next((encoding for encoding in _TABLE if encoding.uid == uid), None)
