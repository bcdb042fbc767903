"""Write a compressed multi-frame file piece by piece: a long cine never sits in memory, neither here."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from pydicom.dataset import Dataset

from sonosift.dicom.encodings import Encoding
from sonosift.dicom.file_bytes import file_bytes

_ITEM = struct.Struct("<HHI")
_PIXEL_DATA_OF_UNKNOWN_LENGTH = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)
_END_OF_SEQUENCE = _ITEM.pack(0xFFFE, 0xE0DD, 0)
_LARGEST_BASIC_OFFSET = 0xFFFFFFFF


def write_encapsulated(
    path: Path, dataset: Dataset, encoding: Encoding, lengths: Sequence[int], items: Iterator[bytes]
) -> None:
    """Write ``dataset`` with one compressed item per frame.

    Args:
        path: Written from its beginning.
        dataset: Everything but the pixel data; an extended offset table is added where the basic one is too small.
        encoding: An encapsulated one.
        lengths: Bytes of each item.
        items: The items, one per frame, in order.
    """
    if not encoding.encapsulated:
        raise ValueError(f"{encoding.name} is not compressed")
    padded = [length + length % 2 for length in lengths]
    offsets = [0, *accumulate(length + _ITEM.size for length in padded)][:-1]
    fits = not offsets or offsets[-1] <= _LARGEST_BASIC_OFFSET
    if not fits:
        dataset.ExtendedOffsetTable = struct.pack(f"<{len(offsets)}Q", *offsets)
        dataset.ExtendedOffsetTableLengths = struct.pack(f"<{len(lengths)}Q", *lengths)
    table = struct.pack(f"<{len(offsets)}I", *offsets) if fits else b""
    with path.open("wb") as file:
        file.write(file_bytes(dataset, encoding))
        file.write(_PIXEL_DATA_OF_UNKNOWN_LENGTH)
        file.write(_item(table))
        for item, length in zip(items, lengths, strict=True):
            if len(item) != length:
                raise ValueError(f"an item of {len(item)} bytes was announced with {length}")
            file.write(_item(item))
        file.write(_END_OF_SEQUENCE)


def _item(value: bytes) -> bytes:
    padding = b"\0" * (len(value) % 2)
    return _ITEM.pack(0xFFFE, 0xE000, len(value) + len(padding)) + value + padding
