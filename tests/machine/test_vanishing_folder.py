import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonosift.machine import vanishing_folder as module
from sonosift.machine.vanishing_folder import vanishing_folder


def _gone_within(path: Path, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while path.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return not path.exists()


def test_it_is_private_and_gone_afterwards_also_after_an_error(tmp_path):
    with vanishing_folder("x-", tmp_path) as folder:
        (folder / "deep").mkdir()
        (folder / "deep/picture").write_text("a name")
        assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(RuntimeError), vanishing_folder("x-", tmp_path) as second:
        raise RuntimeError
    assert folder != second
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_it_is_gone_after_the_process_was_killed(tmp_path, end):
    program = (
        "import sys, time, pathlib\n"
        "from sonosift.machine.vanishing_folder import vanishing_folder\n"
        "with vanishing_folder('x-', pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'picture').write_text('a name')\n"
        "    print(folder, flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    folder = Path(process.stdout.readline().strip())
    assert (folder / "picture").exists()
    process.send_signal(end)
    process.wait()
    process.stdout.close()
    assert _gone_within(folder, 10)


def test_old_leftovers_go_and_folders_in_use_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_YOUNG_SECONDS", 0.0)
    leftover = tmp_path / "x-left"
    leftover.mkdir()
    (leftover / "in_use").touch()
    foreign = tmp_path / "x-foreign"
    foreign.mkdir()
    with vanishing_folder("x-", tmp_path) as first, vanishing_folder("x-", tmp_path) as second:
        assert first.exists()
        assert second.exists()
        assert not leftover.exists()
        assert foreign.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["x-foreign"]
