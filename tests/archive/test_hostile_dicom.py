"""DICOM files made to harm, given to a real decoding child: each gets a reason, and the child lives on."""

import struct
import subprocess
import sys
import zlib

import imagecodecs
import numpy as np
import pytest

from sonosift.archive.dicom_reader import open_dicom
from sonosift.archive.unreadable import Reason, Unreadable
from tests.peak_memory import PROGRAM

NOISE = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED, BASELINE, J2K = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", DEFLATED, J2K, BASELINE])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.99])
def test_truncated_dicom(written, fate, syntax, kept):
    path = written(NOISE, syntax, FrameTime="1000")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert fate(path) in (
        Reason.TRUNCATED, Reason.NO_PIXELS, Reason.BROKEN_HEADER, Reason.BROKEN_PIXELS, Reason.UNRECOGNISED,
    )  # fmt: skip


def deflated_bomb(written, element):
    """A file whose deflated part is ``element`` with a value of 100 MB of zeros."""
    path = written(NOISE[:1], DEFLATED)
    content = path.read_bytes()
    length_at = content.index(b"\x02\0\0\0UL\4\0") + 8
    (length,) = struct.unpack_from("<I", content, length_at)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(element + struct.pack("<I", 100 << 20))
    for _ in range(100):
        packed += packer.compress(bytes(1 << 20))
    path.write_bytes(content[: length_at + 4 + length] + packed + packer.flush())
    assert path.stat().st_size < 1_000_000
    return path


# A private element to be passed over, a wanted text, and a wanted sequence.
BOMBS = [b"\x09\0\1\x10OB\0\0", b"\x10\0\x10\0UN\0\0", b"\x18\0\x11\x60SQ\0\0"]


@pytest.mark.parametrize("element", BOMBS)
def test_a_deflate_bomb_costs_little_memory(written, element):
    path = deflated_bomb(written, element)
    program = (
        PROGRAM + "import sys\nfrom pathlib import Path\nfrom sonosift.archive.open_clip import open_clip\n"
        "from sonosift.archive.unreadable import Unreadable\nimport sonosift.archive.dicom_reader\n"
        "before = peak_bytes()\n"
        "try:\n    open_clip(Path(sys.argv[1]))\nexcept Unreadable as error:\n    print(error.reason)\n"
        "print(peak_bytes() - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    reason, grown = done.stdout.split()
    assert Reason(reason) in (Reason.DEFLATE_BOMB, Reason.BROKEN_HEADER)
    assert int(grown) < 100_000_000


def test_a_deflate_bomb_has_its_reason(written, fate):
    assert fate(deflated_bomb(written, BOMBS[0])) is Reason.DEFLATE_BOMB


def nested(depth, tag, ends):
    start = tag + b"SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    return start * depth + (b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" * depth if ends else b"")


@pytest.mark.parametrize("tag", [b"\x18\0\x11\x60", b"\x11\0\1\x10"])
@pytest.mark.parametrize("ends", [True, False])
def test_five_thousand_nested_sequences(written, fate, tag, ends):
    path = written(NOISE[:1])
    content = path.read_bytes()
    place = content.index(b"\x28\0\2\0US")  # before the image's own elements
    path.write_bytes(content[:place] + nested(5000, tag, ends) + content[place:])
    assert fate(path) is Reason.TOO_DEEP


def test_private_rubbish_is_passed_over(written, fate):
    path = written(NOISE)
    content = path.read_bytes()
    place = content.index(b"\x28\0\2\0US")
    rubbish = b"\x11\0\1\x10UN\0\0" + struct.pack("<I", 999) + np.random.default_rng(5).bytes(999)
    path.write_bytes(content[:place] + rubbish + content[place:])
    assert fate(path) is None
    path.write_bytes(content[:place] + rubbish[:-400] + content[place:])
    assert fate(path) is not None


@pytest.mark.parametrize("representation", [b"C[", b"ZZ"])
def test_a_colour_model_in_a_representation_that_does_not_exist(written, representation):
    path = written(NOISE, EXPLICIT)
    content = path.read_bytes()
    assert content.count(b"\x28\0\4\0CS") == 1
    path.write_bytes(content.replace(b"\x28\0\4\0CS", b"\x28\0\4\0" + representation))
    with pytest.raises(Unreadable) as refused:
        open_dicom(path)
    assert refused.value.reason in (Reason.UNSUPPORTED_ENCODING, Reason.BROKEN_HEADER)


def test_sizes_that_lie(written, fate):
    assert fate(written(NOISE, Rows=60000, Columns=60000)) is Reason.TOO_LARGE
    assert fate(written(NOISE, Rows=6000, Columns=6000, NumberOfFrames=10_000)) is Reason.TRUNCATED
    assert fate(written(NOISE, NumberOfFrames=2_000_000_000)) is Reason.TOO_LARGE
    assert fate(written(NOISE, NumberOfFrames=-3)) is Reason.BROKEN_HEADER
    assert fate(written(NOISE, J2K, NumberOfFrames=30)) is Reason.TRUNCATED


@pytest.mark.parametrize(
    ("syntax", "item"),
    [
        (BASELINE, imagecodecs.jpeg8_encode(NOISE[0]).replace(b"\x08\0\x40\0\x40", b"\x08\xff\xff\xff\xff")),
        (J2K, imagecodecs.jpeg2k_encode(NOISE[0], codecformat="J2K").replace(
            struct.pack(">2I", 64, 64), struct.pack(">2I", 1 << 30, 1 << 30))),
    ],
)  # fmt: skip
def test_a_compressed_frame_that_claims_another_size_than_the_header(written, fate, syntax, item):
    assert fate(written(NOISE[:1], syntax, items=[item + b"\0" * (len(item) % 2)])) is Reason.BROKEN_PIXELS
