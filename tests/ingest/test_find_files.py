import os

import pytest

from sonosift.errors import SonosiftError
from sonosift.ingest.archive_file import storable
from sonosift.ingest.find_files import find_files


def test_all_files_in_the_order_of_their_bytes(tmp_path):
    for name in ("b/2", "b/10", "a", "b/B", "ä", "c/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "empty").mkdir()
    assert find_files(tmp_path) == ["a", "b/10", "b/2", "b/B", "c/d/e", "ä"]


def test_folders_that_contain_themselves_end(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").write_text("")
    (tmp_path / "a/loop").symlink_to(tmp_path, target_is_directory=True)
    assert find_files(tmp_path) == ["a/file"]


def test_names_that_are_not_utf8(tmp_path):
    raw = os.path.join(os.fsencode(tmp_path), b"caf\xe9.dcm")  # noqa: PTH118 - bytes
    with open(raw, "wb"):  # noqa: PTH123 - bytes
        pass
    (name,) = find_files(tmp_path)
    assert os.fsencode(name) == b"caf\xe9.dcm"
    assert storable(name) == "caf\\xe9.dcm"
    storable(name).encode("utf-8")


def test_what_is_no_folder_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SonosiftError, match="is a file"):
        find_files(tmp_path / "file")
    with pytest.raises(SonosiftError, match="does not exist"):
        find_files(tmp_path / "gone")
