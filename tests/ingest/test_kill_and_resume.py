"""An ingest that is killed with SIGKILL anywhere and started again ends with the bytes of an uninterrupted one.

The archive holds stills, cines, a video, burnt-in text that is removed, clips that are held, copies, broken files and
zip members. What is held is compared too; only the order in which sources were recorded may differ.
"""

import os
import shutil
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
from sonosift.ingest.settings import IngestSettings, open_or_create
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


DYING = """
import os
import signal
from pathlib import Path
from sonosift.cohort.sources import Sources

left = [int(sys.argv[3])]


def dying(call):
    def counted(*arguments):
        step()
        answer = call(*arguments)
        step()
        return answer

    def step():
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    return counted


Path.replace, Sources.record = dying(Path.replace), dying(Sources.record)
"""
"""Every file of a cohort becomes visible by a rename, and every source by a transaction: die before or after one."""
STRIDE = int(os.environ.get("SONOSIFT_KILL_STRIDE", "7"))
"""How many of these moments lie between two kills; 1 tries each of them."""


def start(archive, folder, dies_at=None):
    program = PROGRAM if dies_at is None else PROGRAM.replace("import sys", f"import sys{DYING}", 1)
    arguments = [str(archive), str(folder), *([] if dies_at is None else [str(dies_at)])]
    return subprocess.Popen([sys.executable, "-c", program, *arguments], start_new_session=True)


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


@pytest.mark.parametrize("shards", [3])
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


def killed_at_every_moment(archive, folder):
    """Kill a run at its first write, the next at a later one, until one comes to its end; return how many died."""
    for kills in range(1000):
        code = start(archive, folder, kills * STRIDE + min(kills, 1)).wait()
        if code == 0:
            return kills
        assert code == -signal.SIGKILL
    raise AssertionError("it never ends")


@pytest.mark.slow
def test_killed_before_and_after_writes(archive, tmp_path, uninterrupted, file_bytes):
    whole, _ = uninterrupted
    folder = fresh(tmp_path / "cohort")
    assert killed_at_every_moment(archive, folder) >= 2
    assert_the_same(folder, whole, file_bytes)


@pytest.mark.slow
def test_killed_while_an_archive_that_grew_and_changed_is_taken_in(archive, tmp_path, uninterrupted, file_bytes):
    whole, _ = uninterrupted
    folders = []
    for name in ("at once", "killed"):
        shutil.copytree(whole, tmp_path / name / "cohort")
        shutil.copytree(whole.with_name("cohort.private"), tmp_path / name / "cohort.private")
        folders.append(tmp_path / name / "cohort")
    grown = shutil.copytree(archive, tmp_path / "archive")
    write_dicom(grown / "two/new", fan_frames(3, 44), "P1", "1.1")
    write_png(grown / "one/screen.dat", 202)
    with zipfile.ZipFile(grown / "two/export.zip", "a") as packed:
        packed.write(grown / "two/new", "DICOM/copy")
        packed.write(write_png(tmp_path / "late.png", 45), "late.png")
    assert start(grown, folders[0]).wait() == 0
    assert killed_at_every_moment(grown, folders[1]) >= 2
    assert_the_same(folders[1], folders[0], file_bytes)
    assert len(Cohort.open(folders[1]).catalog()) > len(Cohort.open(whole).catalog())


def test_killed_with_its_children_while_a_zip_is_unpacked(archive, tmp_path, uninterrupted, file_bytes):
    """Of the whole group nobody tidies up: what was unpacked stays behind, until the next ingest."""
    whole, _ = uninterrupted
    folder = fresh(tmp_path / "cohort")
    private = folder.with_name("cohort.private")
    process = start(archive, folder)
    while process.poll() is None and not list(private.glob("spool/*/member-*")):
        time.sleep(0.0005)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert list(private.glob("spool/*"))
    assert start(archive, folder).wait() == 0
    assert not (private / "spool").exists()
    assert_the_same(folder, whole, file_bytes)


@pytest.mark.parametrize("moment", range(4))
def test_killed_while_the_cohort_is_made(tmp_path, moment):
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/notes.txt").write_text("call the ward")
    folder = tmp_path / "cohort"
    assert start(tmp_path / "archive", folder, moment).wait() == -signal.SIGKILL
    cohort = open_or_create(folder, SETTINGS)
    assert cohort.private.require_key(cohort.settings.key_check)
    assert {path.name for path in folder.iterdir()} - {"catalog", "frames"} == {"cohort.yaml"}
