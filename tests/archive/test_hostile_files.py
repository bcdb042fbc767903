"""Whatever else a folder may hold, given to a real decoding child: each gets a reason, and the child lives on."""

import io
import os
import socket
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, Sequence, dcmwrite

from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.ingest.clip_job import DecodeJob

NOISE = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)


def test_empty_and_random_files(tmp_path, fate):
    (tmp_path / "empty.dcm").write_bytes(b"")
    (tmp_path / "random.dcm").write_bytes(np.random.default_rng(1).bytes(10_000))
    (tmp_path / "random").write_bytes(bytes(128) + b"DICM" + np.random.default_rng(2).bytes(10_000))
    (tmp_path / "random.mp4").write_bytes(b"\0\0\0\x20ftypisom" + np.random.default_rng(3).bytes(10_000))
    (tmp_path / "random.png").write_bytes(b"\x89PNG\r\n\x1a\n" + np.random.default_rng(4).bytes(10_000))
    assert fate(tmp_path / "empty.dcm") is Reason.EMPTY
    assert fate(tmp_path / "random.dcm") is Reason.UNRECOGNISED
    assert fate(tmp_path / "random") in (Reason.BROKEN_HEADER, Reason.NO_PIXELS, Reason.TRUNCATED)
    assert fate(tmp_path / "random.mp4") in (Reason.BROKEN_HEADER, Reason.NO_PIXELS)
    assert fate(tmp_path / "random.png") is Reason.BROKEN_HEADER


def test_a_dicomdir_is_never_followed(tmp_path, fate, monkeypatch):
    record = Dataset()
    record.ReferencedFileID = ["..", "..", "etc", "passwd"]
    content = bytes(128) + b"DICM\2\0\2\0UI\x14\x001.2.840.10008.1.3.10\0"
    buffer = io.BytesIO()
    whole = Dataset()
    whole.DirectoryRecordSequence = Sequence([record])
    dcmwrite(buffer, whole, implicit_vr=False, little_endian=True, enforce_file_format=False)
    (tmp_path / "DICOMDIR").write_bytes(content + buffer.getvalue())
    assert fate(tmp_path / "DICOMDIR") is Reason.DICOMDIR


def test_links_pipes_sockets_and_devices_do_not_hang(tmp_path, fate, monkeypatch):
    (tmp_path / "a.dcm").symlink_to(tmp_path / "b.dcm")
    (tmp_path / "b.dcm").symlink_to(tmp_path / "a.dcm")
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nothing")
    (tmp_path / "zero.dcm").symlink_to("/dev/zero")
    (tmp_path / "folder.dcm").mkdir()
    os.mkfifo(tmp_path / "pipe.dcm")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.dcm")
    assert fate(tmp_path / "a.dcm") is Reason.BROKEN_LINK
    assert fate(tmp_path / "gone.dcm") is Reason.BROKEN_LINK
    for name in ("zero", "pipe", "socket", "folder"):
        assert fate(tmp_path / f"{name}.dcm") is Reason.NOT_A_FILE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(written, fate):
    path = written(NOISE)
    path.chmod(0)
    assert fate(path) is Reason.NOT_PERMITTED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_a_file_that_others_may_not_read(tmp_path, written):
    path = written(NOISE)
    path.chmod(0o600)
    os.seteuid(65534)
    try:
        with pytest.raises(Unreadable) as caught:
            open_clip(path)
    finally:
        os.seteuid(0)
    assert caught.value.reason is Reason.NOT_PERMITTED


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_utf_8(tmp_path, written, fate):
    path = written(NOISE)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xdcller\xff.dcm"))
    path.rename(odd)
    assert fate(odd) is None


def test_a_file_that_changes_while_it_is_read(written, pool):
    path = written(NOISE)
    found = path.stat()
    job = DecodeJob(str(path), "", "0", found.st_mtime_ns - 1, found.st_size, found.st_size, "i", "changed", "e", "p")
    ((_, answer),) = pool.run([job])
    assert answer["reason"] == Reason.CHANGED_WHILE_READING


def test_a_file_that_shrinks_between_its_header_and_its_pixels(written):
    path = written(NOISE)
    clip = open_clip(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(Unreadable) as caught:
        list(clip.frames(1e6))
    assert caught.value.reason is Reason.TRUNCATED


def test_members_of_a_zip(tmp_path, written, fate):
    dicom = written(NOISE).read_bytes()
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("PAT/IM1", dicom)
        whole.writestr("../../escaped", dicom)
        whole.writestr("inner.zip", path.name)
        whole.writestr("bomb", bytes(100 << 20))
    assert fate(path, "PAT/IM1") is None
    assert fate(path, "../../escaped") is Reason.ZIP_SLIP
    assert fate(path, "bomb") is Reason.ZIP_BOMB
    assert not (tmp_path.parent.parent / "escaped").exists()
