import os
import signal
import subprocess
import sys
import time

import pytest

from sonosift.errors import SonosiftError
from sonosift.machine.lock import exclusive


def test_a_second_writer_is_told_so_and_may_write_afterwards(tmp_path):
    path = tmp_path / "lock"
    with exclusive(path, "a cohort"):
        # A lock of the same process on another descriptor conflicts just as another process does.
        with pytest.raises(SonosiftError, match="a cohort"), exclusive(path, "a cohort"):
            pass
    with exclusive(path, "a cohort"):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import sys, time, pathlib\n"
        "from sonosift.machine.lock import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1]), 'x'):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(SonosiftError), exclusive(path, "x"):
        pass
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    time.sleep(0.05)
    with exclusive(path, "x"):
        pass
