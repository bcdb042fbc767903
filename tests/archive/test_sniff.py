import numpy as np
import pytest
from PIL import Image

from sonosift.archive.sniff import Content, sniff
from sonosift.archive.unreadable import Reason, Unreadable


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
@pytest.mark.parametrize("name", ["picture", "picture.dcm", "picture.txt"])
def test_stills_are_known_under_any_name(tmp_path, kind, name):
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / name, kind)
    assert sniff(tmp_path / name) is Content.STILL


def test_dicom_with_and_without_preamble(written, grey_frames):
    path = written(grey_frames)
    assert sniff(path) is Content.DICOM
    path.write_bytes(path.read_bytes()[132:])
    assert sniff(path) is Content.DICOM


def test_a_dicomdir_is_no_image(tmp_path):
    path = tmp_path / "DICOMDIR"
    path.write_bytes(bytes(128) + b"DICM" + b"\2\0\2\0UI\x14\x001.2.840.10008.1.3.10\0")
    assert sniff(path) is Content.DICOMDIR


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"GIF89a" + bytes(20), Content.VIDEO),
        (b"RIFF\0\0\0\0AVI LIST", Content.VIDEO),
        (b"\0\0\0\x20ftypisom", Content.VIDEO),
        (b"\0\0\0\x20ftypqt  ", Content.VIDEO),
        (b"\x1aE\xdf\xa3" + bytes(20), Content.VIDEO),
        (b"\0\0\1\xba" + bytes(20), Content.VIDEO),
        (b"PK\3\4" + bytes(30), Content.ZIP),
        (b"\x1f\x8b\x08" + bytes(30), Content.PACKED),
        (bytes(257) + b"ustar", Content.PACKED),
        (b"7z\xbc\xaf\x27\x1c" + bytes(30), Content.PACKED),
        (b"RIFF\0\0\0\0WEBPVP8 ", Content.STILL),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(20), Content.VIDEO),
        ((b"G" + bytes(187)) * 3, Content.VIDEO),
        ("patient;größe\n".encode(), Content.OTHER),
    ],
)
def test_other_signatures(tmp_path, content, expected):
    path = tmp_path / "IM0001"
    path.write_bytes(content)
    assert sniff(path) is expected


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.dcm", b"", Reason.EMPTY),
        ("a.dcm", b"\x93\x01\xfe" * 50, Reason.UNRECOGNISED),
        ("a.png", b"hello", Reason.UNRECOGNISED),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Reason.UNRECOGNISED),
        ("IMG0001", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", Reason.UNRECOGNISED),
        ("a.jp2", b"\0\0\0\x0cjP  \r\n\x87\n", Reason.UNRECOGNISED),
        ("IM0001", b"\x93\x01\xfe" * 50, Reason.UNRECOGNISED),
    ],
)
def test_what_promises_an_image_is_not_passed_over(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        sniff(tmp_path / name)
    assert caught.value.reason is reason


@pytest.mark.parametrize("name", ["notes.pdf", "Thumbs.db", ".DS_Store"])
def test_binary_files_of_other_kinds_are_passed_over(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x93\x01\xfe\0" * 50)
    assert sniff(tmp_path / name) is Content.OTHER


def test_a_missing_file_is_not_permitted(tmp_path):
    with pytest.raises(Unreadable) as caught:
        sniff(tmp_path / "gone")
    assert caught.value.reason is Reason.NOT_PERMITTED


@pytest.mark.parametrize("name", ["IM000009", "2.25.1982030", "1.2.840.113619.2.5"])
def test_names_as_a_pacs_gives_them_promise_an_image(tmp_path, name):
    path = tmp_path / name
    for content, reason in (
        (b"", "empty"),
        (bytes(range(256)) * 4, "unrecognised_content"),
        (b"<!DOCTYPE html><html>404</html>", "unrecognised_content"),
    ):
        path.write_bytes(content)
        with pytest.raises(Unreadable, match=reason):
            sniff(path)
    (tmp_path / "notes.txt").write_bytes(b"")
    assert sniff(tmp_path / "notes.txt") is Content.OTHER
    path.write_text("Licence: do what you like with this file, in plain words.\n")
    assert sniff(path) is Content.OTHER
