import io
import random
import zlib

import pytest

from sonosift.archive.inflating_file import InflatingFile
from sonosift.archive.unreadable import Reason, Unreadable

PLAIN = random.Random(0).randbytes(50_000) + bytes(300_000) + random.Random(1).randbytes(70_000)


def inflating(plain, before=b"head"):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return InflatingFile(io.BytesIO(before + packer.compress(plain) + packer.flush()), len(before))


def test_all_of_it_comes_out():
    assert io.BufferedReader(inflating(PLAIN)).read() == PLAIN


def test_it_reads_as_a_file_of_the_plain_bytes_would():
    reader, plain = io.BufferedReader(inflating(PLAIN), 4096), io.BytesIO(PLAIN)
    draw = random.Random(2)
    for _ in range(150):
        place, length = draw.randrange(len(PLAIN)), draw.choice([1, 8, 5000, 200_000])
        assert reader.seek(place) == plain.seek(place)
        assert reader.read(length) == plain.read(length)
        assert reader.tell() == plain.tell()
    assert reader.seek(10**9) == len(PLAIN)
    assert reader.read(1) == b""


def test_a_cut_stream_ends_and_a_damaged_one_is_refused():
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(PLAIN) + packer.flush()
    assert PLAIN.startswith(io.BufferedReader(InflatingFile(io.BytesIO(packed[:20_000]), 0)).read())
    with pytest.raises(Unreadable) as caught:
        io.BufferedReader(InflatingFile(io.BytesIO(b"\xff" * 100), 0)).read()
    assert caught.value.reason is Reason.BROKEN_PIXELS


def test_a_bomb_ends_early_and_a_black_cine_does_not():
    with pytest.raises(Unreadable) as caught:
        inflating(bytes(80 << 20)).seek(80 << 20)
    assert caught.value.reason is Reason.DEFLATE_BOMB
    mostly_black = b"".join(random.Random(number).randbytes(10_000) + bytes(1 << 20) for number in range(66))
    assert inflating(mostly_black).seek(10**9) == len(mostly_black)
