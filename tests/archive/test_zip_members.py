"""Zip files written by Python's own module, which shares no code with the reader, and spoilt by hand."""

import contextlib
import stat
import struct
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.archive import zip_members
from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.archive.zip_members import list_members, member_file

NOISE = np.random.default_rng(0).bytes(300_000)


def make_zip(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as whole:
        for name, content in members.items():
            whole.writestr(name, content)
    return path


def content(path, member, folder):
    with member_file(path, member, folder) as file:
        return file.read_bytes()


def refused(path):
    with pytest.raises(Unreadable) as caught:
        list_members(path)
    return caught.value.reason


def refused_member(path, member, folder):
    with pytest.raises(Unreadable) as caught:
        with member_file(path, member, folder):
            pytest.fail("it was unpacked")
    assert [entry for entry in folder.iterdir() if entry.name.startswith("member-")] == []
    return caught.value.reason


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_come_back_as_they_went_in(tmp_path, method):
    members = {"b/noise": NOISE, "a/zeros.raw": bytes(500_000), "c/empty": b"", "c/folder/": b""}
    path = make_zip(tmp_path / "a.zip", members, method)
    listed = list_members(path)
    assert [(member.name, member.size, member.reason) for member in listed] == [
        ("a/zeros.raw", 500_000, None), ("b/noise", 300_000, None), ("c/empty", 0, None),
    ]  # fmt: skip
    for member in listed:
        assert content(path, member, tmp_path) == members[member.name]
        assert content(path, member.name, tmp_path) == members[member.name]


def test_a_member_is_a_private_file_that_goes_again(tmp_path, written, grey_frames):
    dicom = written(grey_frames)
    path = make_zip(tmp_path / "a.zip", {"MILLER^JANE/IM0001.DCM": dicom.read_bytes()})
    with member_file(path, "MILLER^JANE/IM0001.DCM", tmp_path) as file:
        np.testing.assert_array_equal([frame.grey for frame in open_clip(file).frames(1e6)], grey_frames)
        assert "MILLER" not in str(file)
        assert "IM0001" not in str(file)
        assert file.suffix == ".dcm"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()


def test_what_stands_before_an_archive_and_its_comment_do_not_hide_it(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x": b"hello"})
    with zipfile.ZipFile(path, "a") as whole:
        whole.comment = b"made by PACS"
    path.write_bytes(b"MZ" + bytes(5000) + path.read_bytes())
    assert content(path, "x", tmp_path) == b"hello"


def test_sizes_of_more_than_32_bits_are_read(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as whole, whole.open("x", "w", force_zip64=True) as target:
        target.write(b"hello")
    entry_at = path.read_bytes().index(b"PK\1\2")
    spoilt = bytearray(path.read_bytes())
    # Move the sizes from the directory into an extra field, as writers of large files do.
    extra = struct.pack("<2H2Q", 1, 16, 5, 5)
    spoilt[entry_at + 20 : entry_at + 28] = b"\xff" * 8
    spoilt[entry_at + 30 : entry_at + 32] = struct.pack("<H", len(extra))
    spoilt[entry_at + 47 : entry_at + 47] = extra
    end = spoilt.index(b"PK\5\6")
    spoilt[end + 12 : end + 16] = struct.pack("<I", end - entry_at)
    path.write_bytes(spoilt)
    assert zipfile.ZipFile(path).read("x") == b"hello"
    assert content(path, "x", tmp_path) == b"hello"


@pytest.mark.parametrize("fields", [0, 1, 3], ids=["number of members", "and length", "and place"])
@pytest.mark.parametrize("before", [0, 1000])
def test_more_members_than_16_bits_count(tmp_path, fields, before):
    """Between the directory and its end stands a record for large archives, also where only the number needs it."""
    path = make_zip(tmp_path / "a.zip", {"x": b"hello", "y": NOISE})
    whole = bytearray(path.read_bytes())
    end = whole.index(b"PK\5\6")
    length, offset = struct.unpack_from("<2L", whole, end + 12)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, length, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    struct.pack_into("<2H", whole, end + 8, 0xFFFF, 0xFFFF)
    if fields & 1:
        struct.pack_into("<L", whole, end + 12, 0xFFFFFFFF)
    if fields & 2:
        struct.pack_into("<L", whole, end + 16, 0xFFFFFFFF)
    path.write_bytes(bytes(before) + bytes(whole[:end]) + record + locator + bytes(whole[end:]))
    with zipfile.ZipFile(path) as other:
        assert (other.read("x"), other.read("y")) == (b"hello", NOISE)
    assert [content(path, member, tmp_path) for member in list_members(path)] == [b"hello", NOISE]


def test_names_that_are_not_utf_8_and_names_that_lead_away(tmp_path):
    names = ["XXXXX1", "/etc/passwd", "a/../../b", "C:/x", "ok/IM1", "..\\..\\x", "line\nbreak"]
    path = make_zip(tmp_path / "a.zip", dict.fromkeys(names, b"data"))
    path.write_bytes(path.read_bytes().replace(b"XXXXX1", b"\xdcber\xff1"))
    listed = {member.name: member.reason for member in list_members(path)}
    assert listed == {
        "▄ber\xa01".replace("\xa0", "\\xa0"): None,
        "/etc/passwd": Reason.ZIP_SLIP, "a/../../b": Reason.ZIP_SLIP, "C:/x": Reason.ZIP_SLIP,
        "../../x": Reason.ZIP_SLIP, "ok/IM1": None, "line\\nbreak": None,
    }  # fmt: skip
    for name, reason in listed.items():
        if reason is None:
            assert content(path, name, tmp_path) == b"data"
        else:
            assert refused_member(path, name, tmp_path) is reason
    for name in listed:
        name.encode("utf-8")


def test_a_name_that_is_announced_as_utf_8_but_is_not(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"ÄÄ.dcm": b"data"})
    path.write_bytes(path.read_bytes().replace("ÄÄ".encode(), b"\xff\xfe\xfd\xfc"))
    (member,) = list_members(path)
    assert member.name == "\\xff\\xfe\\xfd\\xfc.dcm"
    assert content(path, member, tmp_path) == b"data"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_kept(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as whole:
        for text in ("first", "second"):
            whole.writestr("x", text)
        whole.writestr("x#2", "third")
    found = {member.name: content(path, member.name, tmp_path) for member in list_members(path)}
    assert found == {"x": b"first", "x#2": b"second", "x#2#2": b"third"}


def test_encrypted_linked_and_nested_members_are_set_aside(tmp_path):
    inner = make_zip(tmp_path / "inner.zip", {"x": b"1"}).read_bytes()
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as whole:
        whole.writestr("secret", b"data")
        whole.writestr(link, "/etc/passwd")
        whole.writestr("inner.zip", inner)
        whole.writestr("a.tar.gz", b"\x1f\x8b\x08" + bytes(50))
        whole.writestr("__MACOSX/._IM1.dcm", b"\0\5\x16\7")
    content_ = bytearray(path.read_bytes())
    flags_at = content_.index(b"PK\1\2", content_.index(b"\0\5\x16\7")) + 8
    content_[flags_at] |= 1
    path.write_bytes(content_)
    reasons = {member.name: refused_member(path, member, tmp_path) for member in list_members(path)}
    assert reasons == {
        "secret": Reason.ENCRYPTED, "link": Reason.NOT_A_FILE, "inner.zip": Reason.NESTED_ARCHIVE,
        "a.tar.gz": Reason.NESTED_ARCHIVE, "__MACOSX/._IM1.dcm": Reason.NOT_AN_IMAGE,
    }  # fmt: skip


def test_a_member_that_unpacks_to_a_thousand_times_its_size_is_a_bomb(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        with whole.open("bomb", "w") as target:
            for _ in range(200):
                target.write(bytes(1 << 20))
        whole.writestr("fine", NOISE)
    bomb, fine = list_members(path)
    assert bomb.reason is Reason.ZIP_BOMB
    assert refused_member(path, bomb, tmp_path) is Reason.ZIP_BOMB
    assert content(path, fine, tmp_path) == NOISE


def test_a_declared_size_that_lies_is_noticed_while_unpacking(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x": bytes(10_000_000)})
    content_ = path.read_bytes()
    size_at = content_.index(b"PK\1\2") + 24
    for declared, reason in ((1000, Reason.ZIP_BOMB), (20_000_000, Reason.TRUNCATED)):
        path.write_bytes(content_[:size_at] + struct.pack("<I", declared) + content_[size_at + 4 :])
        assert refused_member(path, "x", tmp_path) is reason


def test_damaged_data_is_noticed(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x": NOISE}, zipfile.ZIP_STORED)
    spoilt = bytearray(path.read_bytes())
    spoilt[1000] ^= 1
    path.write_bytes(spoilt)
    assert refused_member(path, "x", tmp_path) is Reason.BROKEN_PIXELS


def test_members_that_share_their_bytes_are_a_bomb(tmp_path):
    """One kernel of zeros, listed a thousand times: each line of the directory points at the same bytes."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = kernel.compress(bytes(1 << 20)) + kernel.flush()
    crc = zlib.crc32(bytes(1 << 20))
    body = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(packed), 1 << 20, 1, 0) + b"a" + packed
    line = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(packed), 1 << 20, 2, 0, 0, 0, 0, 0, 0)
        + struct.pack("<H", number)
        for number in range(1000)
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1000, 1000, len(line), len(body), 0)
    (tmp_path / "a.zip").write_bytes(body + line + end)
    assert refused(tmp_path / "a.zip") is Reason.ZIP_BOMB


def test_an_archive_that_holds_itself_ends_at_its_first_level(tmp_path):
    """A quine as far as a reader can tell: whatever it unpacks begins like a zip file again."""
    inner = b"PK\3\4" + bytes(26)
    for _ in range(5):
        inner = make_zip(tmp_path / "next.zip", {"r/r.zip": inner}).read_bytes()
    (member,) = list_members(tmp_path / "next.zip")
    assert refused_member(tmp_path / "next.zip", member, tmp_path) is Reason.NESTED_ARCHIVE


def test_too_many_members(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", {str(number): b"" for number in range(20)})
    assert len(list_members(path)) == 20
    monkeypatch.setattr("sonosift.archive.zip_directory.MAX_MEMBERS", 19)
    assert refused(path) is Reason.ZIP_BOMB


def test_a_total_that_no_disk_holds(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", {"x": NOISE, "y": NOISE})
    monkeypatch.setattr(zip_members, "MAX_TOTAL_BYTES", 599_999)
    assert refused(path) is Reason.ZIP_BOMB


def test_an_office_document_is_no_archive_of_images(tmp_path):
    assert refused(make_zip(tmp_path / "a.docx", {"[Content_Types].xml": b"", "x.png": b""})) is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("kept", [10, 0.5, -1, -10])
def test_a_cut_archive_has_a_reason(tmp_path, kept):
    whole = make_zip(tmp_path / "a.zip", {"x": NOISE, "y": b"1"}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    assert refused(tmp_path / "cut.zip") in (Reason.TRUNCATED, Reason.BROKEN_HEADER)


def test_a_name_that_is_gone_is_noticed(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x": b"1"})
    assert refused_member(path, "y", tmp_path) is Reason.CHANGED_WHILE_READING
    assert content(path, "x", tmp_path) == b"1"
    make_zip(path, {"y": b"twenty-two", "z": b""})
    assert refused_member(path, "x", tmp_path) is Reason.CHANGED_WHILE_READING


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_spoilt_archives_raise_nothing_else(tmp_path_factory, inserted, place, byte):
    folder = tmp_path_factory.mktemp("zip")
    path = make_zip(folder / "a.zip", {"x": b"hello" * 10, "y/z": bytes(100)})
    spoilt = bytearray(path.read_bytes())
    spoilt[place % len(spoilt)] = byte
    spoilt[place % len(spoilt) : place % len(spoilt)] = inserted
    path.write_bytes(spoilt)
    # Any other exception than Unreadable fails the test.
    with contextlib.suppress(Unreadable):
        for member in list_members(path):
            with contextlib.suppress(Unreadable):
                assert len(content(path, member, folder)) <= 200
