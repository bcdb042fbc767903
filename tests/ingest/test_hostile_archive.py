"""Everything that a folder may hold to do harm, in one archive: an ingest comes to its end and counts every file."""

import os
import socket
import struct
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from sonosift.cohort.cohort import Cohort
from sonosift.commands.ingest import ingest
from tests.archive.conftest import make_dicom
from tests.archive.test_hostile_dicom import BOMBS, deflated_bomb, nested
from tests.archive.test_hostile_pictures import make_video
from tests.ingest.conftest import fan_frames, write_dicom, write_png

EXPLICIT = "1.2.840.10008.1.2.1"
NOISE = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)


def dicom(path, syntax=EXPLICIT, **values):
    return make_dicom(path, NOISE, syntax, **values)


def nested_sequences(path):
    content = dicom(path).read_bytes()
    place = content.index(b"\x28\0\2\0US")
    path.write_bytes(content[:place] + nested(5000, b"\x18\0\x11\x60", False) + content[place:])


def broken_index(path):
    content = make_video(path, "mp4").read_bytes()
    places = content.index(b"stco") + 12
    path.write_bytes(content[:places] + b"\x7f\xff\xff\xf0" + content[places + 4 :])


def zip_of_harm(path, good):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("good.dcm", good)
        packed.writestr("../../../escaped.dcm", good)
        packed.writestr("/etc/escaped.dcm", good)
        packed.writestr("bomb.dcm", bytes(100 << 20))
        packed.writestr("inner.zip", b"PK\3\4" + bytes(60))
        packed.writestr("cut.dcm", good[:900])


def overlapping_zip(path, good):
    """Two lines of the directory that point at the same bytes."""
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a", good)
        packed.writestr("b", good)
    content = bytearray(path.read_bytes())
    second = content.index(b"PK\1\2", content.index(b"PK\1\2") + 4)
    struct.pack_into("<L", content, second + 42, 0)
    path.write_bytes(content)


def dicomdir(path):
    path.write_bytes(bytes(128) + b"DICM\2\0\2\0UI\x14\x001.2.840.10008.1.3.10\0" + b"..\\..\\etc\\passwd" * 20)


EXPECTED = {
    "0 cut.dcm": {"truncated", "broken_header", "no_pixel_data"},
    "1 empty.dcm": {"empty"},
    "2 random.dcm": {"unrecognised_content"},
    "3 bomb.dcm": {"deflate_bomb"},
    "4 deep.dcm": {"too_deeply_nested"},
    "5 lies.dcm": {"too_large"},
    "6 lies.dcm": {"truncated"},
    "7 large.png": {"too_large"},
    "8 index.mp4": {"no_pixel_data", "broken_pixels", "broken_header"},
    "9 overlap.zip": {"zip_bomb"},
    "9 zip/bomb.dcm": {"zip_bomb"},
    "9 zip/../../../escaped.dcm": {"zip_slip"},
    "9 zip//etc/escaped.dcm": {"zip_slip"},
    "9 zip/inner.zip": {"nested_archive"},
    "9 zip/cut.dcm": {"truncated", "broken_header", "no_pixel_data"},
    "DICOMDIR": {"dicomdir"},
    "circle.dcm": {"broken_link"},
    "gone.dcm": {"broken_link"},
    "pipe.dcm": {"not_a_file"},
    "socket.dcm": {"not_a_file"},
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "archive"
    good = write_dicom(folder / "00 good.dcm", fan_frames(1, 1), "P1", "1.1").read_bytes()
    (folder / "0 cut.dcm").write_bytes(good[: len(good) // 2])
    (folder / "1 empty.dcm").write_bytes(b"")
    (folder / "2 random.dcm").write_bytes(np.random.default_rng(1).bytes(10_000))
    deflated_bomb(lambda frames, syntax: make_dicom(folder / "3 bomb.dcm", frames, syntax), BOMBS[0])
    nested_sequences(folder / "4 deep.dcm")
    dicom(folder / "5 lies.dcm", Rows=60_000, Columns=60_000)
    dicom(folder / "6 lies.dcm", Rows=6000, Columns=6000, NumberOfFrames=10_000)
    Image.new("1", (10_000, 10_000)).save(folder / "7 large.png")
    broken_index(folder / "8 index.mp4")
    zip_of_harm(folder / "9 zip", write_dicom(folder / "x", fan_frames(1, 2), "P1", "1.1").read_bytes())
    (folder / "x").unlink()
    overlapping_zip(folder / "9 overlap.zip", good)
    dicomdir(folder / "DICOMDIR")
    (folder / "circle.dcm").symlink_to(folder / "circle.dcm")
    (folder / "gone.dcm").symlink_to(folder / "nothing")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe.dcm")
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.dcm")
    finally:
        os.chdir(here)
    write_png(Path(os.fsdecode(os.fsencode(folder) + b"/M\xdcller\xff.png")), 3)
    write_png(folder / "zz good.png", 4)
    return folder


def test_it_is_survived_and_counted(archive, tmp_path):
    before = {path for path in archive.parent.rglob("*") if not path.is_symlink()}
    summary = ingest(archive, tmp_path / "cohort", size=32, workers=2)
    cohort = Cohort.open(tmp_path / "cohort")
    found = {
        f"{source.path}/{source.member}" if source.member else source.path: source
        for source in cohort.private.sources.all()
    }
    came_in = {name for name, source in found.items() if source.state == "ingested"}
    assert came_in == {"00 good.dcm", "9 zip/good.dcm", "M\\xdcller\\xff.png", "zz good.png"}
    assert found.keys() - came_in == EXPECTED.keys()
    assert [name for name, reasons in EXPECTED.items() if found[name].reason not in reasons] == []
    assert summary.files == len(found) == summary.ingested + summary.quarantined + summary.skipped
    assert summary.frames + summary.needs_review == 4
    assert sum(summary.reasons.values()) == len(EXPECTED)
    listed = pl.read_parquet(cohort.path / "quarantine.parquet")
    assert len(listed) == summary.quarantined
    assert not any(".dcm" in str(value) for row in listed.rows() for value in row)
    # Nothing was written beside the archive, and nothing is left in the private folder.
    assert {path for path in archive.parent.rglob("*") if not path.is_symlink()} == before
    assert not list(tmp_path.rglob("*escaped*"))
    assert not list(cohort.private_path.rglob("member-*"))
