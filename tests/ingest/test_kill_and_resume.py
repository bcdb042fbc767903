"""An ingest that is killed with SIGKILL anywhere and started again ends with the bytes of an uninterrupted one."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

from sonosift.cohort.cohort import Cohort

SETTINGS = {"clip_rate_hz": 8.0, "dicom_groups": "paper"}
PROGRAM = """
import sys
from sonosift.commands.ingest import ingest
from sonosift.machine import progress
progress.set_quiet(True)
ingest(sys.argv[1], sys.argv[2], size=32, clip_rate_hz=8.0, workers=2)
"""


def start(archive, folder):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(archive), str(folder)])


def fresh(folder):
    Cohort.create(folder, size=32, key=bytes(range(32)), shard_rows=7, preprocessing=SETTINGS)
    return folder


@pytest.fixture(scope="module")
def uninterrupted(archive, tmp_path_factory):
    folder = fresh(tmp_path_factory.mktemp("whole") / "cohort")
    started = time.monotonic()
    assert start(archive, folder).wait() == 0
    return folder, time.monotonic() - started


@pytest.mark.parametrize("share", [0.5, 0.85])
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
    assert file_bytes(folder) == file_bytes(whole)


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
    assert file_bytes(folder) == file_bytes(whole)
