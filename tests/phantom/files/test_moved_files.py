"""Packed and renamed files: the same bytes under the new name, and a truth that knows it."""

import os
import sys
import time
import zipfile

import pytest

from sonosift.phantom.files.moved_files import pack, rename_in_latin_1, storable
from sonosift.phantom.files.written import Written

FOLDER = "US1/2020/01/02/77_DOE_1"


def exam(root):
    written = Written()
    for name, content in (("a.dcm", b"one" * 100), ("b.mp4", b"two"), ("c.png", b"three")):
        file = f"{FOLDER}/{name}"
        for kind, data, suffix in (("archive", content, ""), ("truth/masks", b"mask", ".npz")):
            path = root / kind / f"{file}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        written.files.append({"file": file, "member": ""})
        copy_of = f"{FOLDER}/a.dcm" if name == "c.png" else None
        written.frames.append({"file": file, "member": "", "is_duplicate_of": copy_of, "duplicate_of_member": None})
    return written


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_packed_exam_lies_in_one_zip(tmp_path):
    written = exam(tmp_path)
    pack(tmp_path, written, FOLDER, "EXPORT/77_E1.zip")
    assert files_of(tmp_path / "archive") == ["EXPORT/77_E1.zip"]
    assert not (tmp_path / "archive" / "US1").exists()
    with zipfile.ZipFile(tmp_path / "archive/EXPORT/77_E1.zip") as packed:
        assert packed.testzip() is None
        assert {name: packed.read(name) for name in packed.namelist()} == {
            "a.dcm": b"one" * 100, "b.mp4": b"two", "c.png": b"three"
        }  # fmt: skip
    assert {(row["file"], row["member"]) for row in written.files} == {
        ("EXPORT/77_E1.zip", name) for name in ("a.dcm", "b.mp4", "c.png")
    }
    assert written.frames[2]["is_duplicate_of"] == "EXPORT/77_E1.zip"
    assert written.frames[2]["duplicate_of_member"] == "a.dcm"
    assert files_of(tmp_path / "truth" / "masks") == [
        f"EXPORT/77_E1.zip/{name}.npz" for name in ("a.dcm", "b.mp4", "c.png")
    ]


def test_the_clock_leaves_no_trace_in_the_zip(tmp_path, monkeypatch):
    for name in ("one", "two"):
        pack(tmp_path / name, exam(tmp_path / name), FOLDER, "x.zip")
        monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert (tmp_path / "one/archive/x.zip").read_bytes() == (tmp_path / "two/archive/x.zip").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stores names that are not UTF-8")
def test_a_renamed_file_is_not_utf_8_and_the_truth_can_say_it(tmp_path):
    written = exam(tmp_path)
    rename_in_latin_1(tmp_path, written, f"{FOLDER}/a.dcm")
    names = sorted(os.fsencode(path.name) for path in (tmp_path / "archive" / FOLDER).iterdir())
    assert names == [b"b.mp4", b"c.png", b"\xdcbersicht_a.dcm"]
    told = f"{FOLDER}/\\xdcbersicht_a.dcm"
    assert written.files[0]["file"] == written.frames[2]["is_duplicate_of"] == told
    assert storable(os.fsdecode(f"{FOLDER}/".encode() + b"\xdcbersicht_a.dcm")) == told
    assert (tmp_path / "truth/masks" / f"{told}.npz").read_bytes() == b"mask"
