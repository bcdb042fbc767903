"""An ingest that is killed with SIGKILL anywhere and started again ends with the bytes of an uninterrupted one.

The archive holds stills, cines, a video, burnt-in text that is removed, clips that are held, copies, broken files and
zip members. What is held is compared too; only the order in which sources were recorded may differ.
"""

import signal
import subprocess
import sys
import time
import zipfile

import cv2
import numpy as np
import psutil
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.ingest.settings import IngestSettings
from tests.ingest.conftest import empty_screen, fan_frames, report_page, write_dicom, write_mp4, write_png

SETTINGS = IngestSettings(size=32, clip_rate_hz=8.0)
PROGRAM = """
import sys
from sonosift.commands.ingest import ingest
from sonosift.machine import progress
progress.set_quiet(True)
ingest(sys.argv[1], sys.argv[2], size=32, clip_rate_hz=8.0, workers=2)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    archive = tmp_path_factory.mktemp("hospital") / "archive"
    for number in range(3):
        write_dicom(archive / f"one/IM{number}", fan_frames(1 + 3 * number, number), "P1", "1.1")
    write_png(archive / "one/screen.dat", 101)
    write_mp4(archive / "two/export", 102)
    whole = (archive / "one/IM2").read_bytes()
    (archive / "copy.dcm").write_bytes(whole)
    (archive / "cut.dcm").write_bytes(whole[: len(whole) // 2])
    (archive / "notes.txt").write_text("call the ward")
    cv2.imwrite(str(archive / "two/report.png"), report_page())
    cv2.imwrite(str(archive / "two/empty.png"), empty_screen())
    large = np.array([cv2.resize(frame, None, fx=3, fy=3) for frame in fan_frames(4, 5)])
    for frame in large:
        cv2.putText(frame, "LIVER", (200, 240), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
    write_dicom(archive / "text.dcm", large, "P2", "2.1")
    with zipfile.ZipFile(archive / "two/export.zip", "w") as packed:
        for number in (1, 2):
            frames = fan_frames(number, 70 + number)
            file = write_dicom(archive / "x.dcm", frames, "P4", "4.1", SOPInstanceUID=f"4.{number}")
            packed.write(file, f"DICOM/{number}")
        file.unlink()
        packed.writestr("DICOM/broken", b"\0" * 131 + b"x")
    return archive


def start(archive, folder):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(archive), str(folder)])


def fresh(folder):
    Cohort.create(folder, size=32, key=bytes(range(32)), shard_rows=7, preprocessing=SETTINGS.preprocessing)
    return folder


@pytest.fixture(scope="module")
def uninterrupted(archive, tmp_path_factory):
    folder = fresh(tmp_path_factory.mktemp("whole") / "cohort")
    started = time.monotonic()
    assert start(archive, folder).wait() == 0
    return folder, time.monotonic() - started


def assert_the_same(folder, whole, file_bytes):
    assert file_bytes(folder) == file_bytes(whole)
    held, expected = (file_bytes(path.with_name("cohort.private") / "held") for path in (folder, whole))
    assert expected
    assert held == expected
    sources, wanted = (Cohort.open(path).private.sources.all() for path in (folder, whole))
    assert sources == wanted


@pytest.mark.parametrize("share", [0.7])
def test_killed_and_resumed(archive, tmp_path, uninterrupted, file_bytes, share):
    whole, seconds = uninterrupted
    folder = fresh(tmp_path / "cohort")
    for _ in range(2):
        process = start(archive, folder)
        time.sleep(share * seconds)
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        process.wait()
        for child in children:
            child.wait(timeout=20)  # they end by themselves when their parent has gone
    assert start(archive, folder).wait() == 0
    assert_the_same(folder, whole, file_bytes)


@pytest.mark.parametrize("shards", [1, 3])
def test_killed_right_after_a_shard(archive, tmp_path, uninterrupted, file_bytes, shards):
    whole, _ = uninterrupted
    folder = fresh(tmp_path / "cohort")
    process = start(archive, folder)
    while process.poll() is None and len(list((folder / "catalog").glob("[0-9]*.parquet"))) < shards:
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert start(archive, folder).wait() == 0
    assert_the_same(folder, whole, file_bytes)
