"""A cine of 1,200 frames of 800 x 600 in colour, 1.7 GB when decoded, is read within 600 MB, whatever its encoding."""

import io
import json
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset

from tests.peak_memory import PROGRAM

FRAMES, ROWS, COLUMNS = 1200, 600, 800
FRAME_BYTES = ROWS * COLUMNS * 3
MOST_BYTES = 600_000_000
READ = f"""{PROGRAM}
import json
from pathlib import Path
from sonosift.archive.open_clip import open_clip
levels = [int(frame.grey[7, 7]) for frame in open_clip(Path(sys.argv[1])).frames(1e6)]
print(json.dumps([levels, peak_bytes()]))
"""
EXPLICIT, DEFLATED, JPEG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50"


def header(syntax, photometric):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.Modality, dataset.NumberOfFrames, dataset.Rows, dataset.Columns = "US", FRAMES, ROWS, COLUMNS
    dataset.SamplesPerPixel, dataset.PlanarConfiguration, dataset.PhotometricInterpretation = 3, 0, photometric
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    content = buffer.getvalue()
    at = content.index(b"\x08\0\x05\0") if b"\x08\0\x05\0" in content else content.index(b"\x08\0\x16\0")
    meta, body = content[:at], content[at:]
    if syntax != EXPLICIT:
        old = b"\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0"
        text = syntax.encode() + b"\0" * (len(syntax) % 2)
        assert old in meta
        meta = meta.replace(old, b"\x02\0\x10\0UI" + struct.pack("<H", len(text)) + text)
        length_at = meta.index(b"\x02\0\0\0UL\4\0") + 8
        (length,) = struct.unpack_from("<I", meta, length_at)
        meta = meta[:length_at] + struct.pack("<I", length + len(text) - 20) + meta[length_at + 4 :]
    return meta, body


def level(index):
    return (index * 7) % 200 + 20


def read_in_a_child(path):
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    levels, peak = json.loads(done.stdout)
    assert peak < MOST_BYTES
    return levels


@pytest.mark.slow
def test_uncompressed(tmp_path):
    meta, body = header(EXPLICIT, "RGB")
    with (tmp_path / "cine").open("wb") as handle:
        handle.write(meta + body + b"\xe0\x7f\x10\0OW\0\0" + struct.pack("<I", FRAMES * FRAME_BYTES))
        start = handle.tell()
        for index in range(FRAMES):  # the rest is a hole in the file: it takes no place on the disk
            handle.seek(start + index * FRAME_BYTES + 7 * COLUMNS * 3 + 7 * 3)
            handle.write(bytes([level(index)] * 3))
        handle.truncate(start + FRAMES * FRAME_BYTES)
    assert read_in_a_child(tmp_path / "cine") == [level(index) for index in range(FRAMES)]


@pytest.mark.slow
def test_deflated(tmp_path):
    meta, body = header(DEFLATED, "RGB")
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    noise = np.random.default_rng(0).integers(0, 255, FRAME_BYTES // 40, dtype=np.uint8).tobytes()
    with (tmp_path / "cine").open("wb") as handle:
        handle.write(meta)
        handle.write(packer.compress(body + b"\xe0\x7f\x10\0OW\0\0" + struct.pack("<I", FRAMES * FRAME_BYTES)))
        for index in range(FRAMES):
            frame = bytes([level(index)]) * (FRAME_BYTES - len(noise)) + noise
            handle.write(packer.compress(frame))
        handle.write(packer.flush())
    assert read_in_a_child(tmp_path / "cine") == [level(index) for index in range(FRAMES)]


@pytest.mark.slow
@pytest.mark.parametrize(("table", "cuts"), [("none", 3), ("wrong", 1)])
def test_compressed(tmp_path, table, cuts):
    meta, body = header(JPEG, "YBR_FULL_422")
    encoded = {}
    for value in {level(index) for index in range(FRAMES)}:
        ok, jpeg = cv2.imencode(".jpg", np.full((ROWS, COLUMNS, 3), value, np.uint8))
        assert ok
        content = jpeg.tobytes() + b"\0" * (len(jpeg) % 2)
        step = -(-len(content) // cuts // 2) * 2
        encoded[value] = [content[start : start + step] for start in range(0, len(content), step)]
    frames = [encoded[level(index)] for index in range(FRAMES)]
    offsets, place = [], 0
    for pieces in frames:
        offsets.append(place)
        place += sum(8 + len(piece) for piece in pieces)
    if table == "wrong":
        offsets = [offset + 8 for offset in offsets]
    first = b"" if table == "none" else struct.pack(f"<{FRAMES}I", *offsets)
    with (tmp_path / "cine").open("wb") as handle:
        handle.write(meta + body + b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff")
        for piece in (first, *(piece for pieces in frames for piece in pieces)):
            handle.write(b"\xfe\xff\0\xe0" + struct.pack("<I", len(piece)) + piece)
        handle.write(b"\xfe\xff\xdd\xe0\0\0\0\0")
    found = read_in_a_child(tmp_path / "cine")
    assert len(found) == FRAMES
    assert max(abs(a - level(index)) for index, a in enumerate(found)) <= 2
