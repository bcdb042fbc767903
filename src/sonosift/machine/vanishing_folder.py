"""A private folder that is gone when the work is done, also when the process that used it is killed.

A process cannot tidy up after ``kill -9``. So a second, tiny one is started first, in a session of its own: it waits on
a pipe for the first one's end, and removes the folder then. What even that leaves (the power fails) is removed by the
next process that asks for such a folder.

Run as ``python -m sonosift.machine.vanishing_folder FOLDER`` it is that second process.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "in_use"
_ORDERLY = b"d"
_WATCHED_SECONDS = 600.0
"""Decoding children outlive a killed parent by the file at hand, and may still make folders."""
_YOUNG_SECONDS = 60.0


@contextmanager
def vanishing_folder(prefix: str, place: Path | None = None) -> Iterator[Path]:
    """Make a folder that only its owner may enter, and remove it whatever happens.

    Args:
        prefix: How its name begins; leftovers with this beginning are removed first.
        place: Where it is made; the usual place for temporary files by default.
    """
    parent = place or Path(tempfile.gettempdir())
    _remove_leftovers(parent, prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))  # mode 0700
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    remover = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "sonosift.machine.vanishing_folder", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C and the end of a terminal reach it not
    )
    assert remover.stdin is not None
    assert remover.stdout is not None
    try:
        remover.stdout.readline()  # it stands by: from here on the folder may be filled
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
        if not folder.exists():
            remover.stdin.write(_ORDERLY)
        remover.stdin.close()
        remover.stdout.close()
        remover.wait()


def _remove_leftovers(parent: Path, prefix: str) -> None:
    for folder in parent.glob(f"{prefix}*"):
        try:
            facts = folder.lstat()
            if facts.st_uid != os.getuid() or time.time() - facts.st_mtime < _YOUNG_SECONDS:
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel drops it with the process that held it
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)


def _stand_by(folder: Path) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if sys.stdin.buffer.read() == _ORDERLY:
        return
    give_up = time.monotonic() + _WATCHED_SECONDS
    while time.monotonic() < give_up:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.5)


if __name__ == "__main__":
    _stand_by(Path(sys.argv[1]))
