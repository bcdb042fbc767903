"""One writer at a time: an advisory lock that the kernel drops when its process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sonosift.errors import SonosiftError


@contextmanager
def exclusive(path: Path, purpose: str) -> Iterator[None]:
    """Hold the lock file ``path`` for the length of the block, or say who else may be writing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SonosiftError(
                f"another process is already writing here: {purpose}",
                "Wait for it to end, or stop it, and give the same command again.",
            ) from error
        yield
    finally:
        os.close(descriptor)
