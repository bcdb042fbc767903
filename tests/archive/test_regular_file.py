import errno
import os
from pathlib import Path

import pytest

from sonosift.archive.regular_file import open_regular
from sonosift.archive.unreadable import Reason, Unreadable


def refused(path):
    with pytest.raises(Unreadable) as caught:
        open_regular(path)
    return caught.value.reason


def test_a_file_and_a_link_to_it_are_read(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("file", "link"):
        with open_regular(tmp_path / name) as handle:
            assert handle.read() == b"content"


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert refused(tmp_path / "pipe") is Reason.NOT_A_FILE
    assert refused(tmp_path) is Reason.NOT_A_FILE
    assert refused(tmp_path / "circle") is Reason.BROKEN_LINK
    assert refused(tmp_path / "nowhere") is Reason.BROKEN_LINK
    assert refused(tmp_path / "gone") is Reason.NOT_PERMITTED


def test_no_descriptor_is_left_open(tmp_path):
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(5):
        assert refused(tmp_path) is Reason.NOT_A_FILE
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_a_file_that_the_system_refuses(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"content")

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied", "MILLER")

    monkeypatch.setattr("sonosift.archive.regular_file.os.open", refuse)
    assert refused(tmp_path / "file") is Reason.NOT_PERMITTED
