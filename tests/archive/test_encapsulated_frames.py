"""Which items make a frame: by every kind of right, missing and wrong table, against how they were cut."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.archive.dicom_reader import open_dicom
from sonosift.archive.encapsulated_frames import group_by_frame, read_frame, read_items
from sonosift.archive.unreadable import Reason, Unreadable

FRAMES = np.random.default_rng(0).integers(0, 256, (5, 40, 40), dtype=np.uint8)


def encapsulated(items, offsets=()):
    whole = b""
    for item in (struct.pack(f"<{len(offsets)}I", *offsets), *items):
        whole += b"\xfe\xff\0\xe0" + struct.pack("<I", len(item)) + item
    return io.BytesIO(b"before" + whole + b"\xfe\xff\xdd\xe0\0\0\0\0after")


def frames_in(handle, count, extended=()):
    return [read_frame(handle, pieces) for pieces in group_by_frame(read_items(handle, 6), count, extended)]


def cut(encoded, pieces):
    step = max(2, -(-len(encoded) // pieces // 2) * 2)
    return [encoded[start : start + step] for start in range(0, len(encoded), step)]


def places(frames):
    found, place = [], 0
    for pieces in frames:
        found.append(place)
        place += sum(8 + len(piece) for piece in pieces)
    return found


@given(st.lists(st.lists(st.binary(min_size=2, max_size=20), min_size=1, max_size=4), min_size=1, max_size=6))
def test_a_right_table_is_followed(frames):
    handle = encapsulated([piece for pieces in frames for piece in pieces], places(frames))
    whole = [b"".join(pieces) for pieces in frames]
    if len(frames) == 1 and sum(piece.startswith(b"\xff\xd8\xff") for piece in frames[0]) > 1:
        return
    assert frames_in(handle, len(frames)) == whole
    assert frames_in(encapsulated([p for pieces in frames for p in pieces]), len(frames), places(frames)) == whole


@pytest.mark.parametrize("shift", [None, 8, 2, -6, 1000])
@pytest.mark.parametrize("pieces", [1, 2, 5])
@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        ("1.2.840.10008.1.2.4.80", imagecodecs.jpegls_encode),
        ("1.2.840.10008.1.2.4.90", lambda frame: imagecodecs.jpeg2k_encode(frame, codecformat="J2K", level=0)),
        ("1.2.840.10008.1.2.4.90", lambda frame: imagecodecs.jpeg2k_encode(frame, codecformat="JP2", level=0)),
    ],
)
def test_frames_are_found_without_a_table_and_with_a_wrong_one(written, syntax, encode, pieces, shift):
    encoded = [encode(frame) for frame in FRAMES]
    frames = [cut(item + b"\0" * (len(item) % 2), pieces) for item in encoded]
    table = [] if shift is None else [(place + shift) % 2**32 for place in places(frames)]
    path = written(FRAMES, syntax, items=[piece for pieces in frames for piece in pieces], offsets=table)
    np.testing.assert_array_equal([frame.grey for frame in open_dicom(path).frames(1e6)], FRAMES)


def test_an_extended_table_wins_over_a_wrong_basic_one(written):
    encoded = [imagecodecs.jpegls_encode(frame) for frame in FRAMES]
    frames = [cut(item + b"\0" * (len(item) % 2), 3) for item in encoded]
    right = np.array(places(frames), dtype="<u8").tobytes()
    path = written(
        FRAMES, "1.2.840.10008.1.2.4.80", items=[piece for pieces in frames for piece in pieces],
        offsets=[0, 4, 8, 12, 16], ExtendedOffsetTable=right,
    )  # fmt: skip
    np.testing.assert_array_equal([frame.grey for frame in open_dicom(path).frames(1e6)], FRAMES)


def test_a_header_that_counts_one_frame_of_many_gives_the_first():
    items = [b"\xff\xd8\xff" + bytes([number]) for number in range(30)]
    assert frames_in(encapsulated(items), 1) == [items[0]]


def refused(handle, count):
    with pytest.raises(Unreadable) as caught:
        frames_in(handle, count)
    return caught.value.reason


def test_what_cannot_be_told_apart_is_refused():
    assert refused(encapsulated([b"abcd"] * 7), 3) is Reason.BROKEN_PIXELS
    assert refused(encapsulated([b"abcd"] * 2), 3) is Reason.TRUNCATED
    assert refused(encapsulated([]), 1) is Reason.NO_PIXELS
    cut_short = io.BytesIO(encapsulated([b"abcd" * 10]).getvalue()[:40])
    assert refused(cut_short, 1) is Reason.TRUNCATED
    endless = io.BytesIO(b"before" + b"\xfe\xff\0\xe0\xff\xff\xff\xff" + bytes(50))
    assert refused(endless, 1) is Reason.BROKEN_PIXELS


def test_a_missing_delimiter_is_forgiven():
    whole = encapsulated([b"abcd", b"efgh"]).getvalue()
    handle = io.BytesIO(whole[: whole.index(b"\xfe\xff\xdd\xe0")])
    assert frames_in(handle, 2) == [b"abcd", b"efgh"]
