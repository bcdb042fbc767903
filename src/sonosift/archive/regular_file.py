"""Open a file of an archive, and nothing else that a folder may hold: a pipe waits for ever, a device never ends."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from sonosift.archive.unreadable import Reason, Unreadable


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        Unreadable: for what is no regular file, a link that leads nowhere or in a circle, and a file that may not
            be read.
    """
    try:
        # Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(_reason(path, error)) from error
    except ValueError as error:  # a zero byte in the name
        raise Unreadable(Reason.NOT_PERMITTED) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable(Reason.NOT_A_FILE)
    return os.fdopen(descriptor, "rb")


def _reason(path: Path, error: OSError) -> Reason:
    if error.errno == errno.ELOOP or (error.errno == errno.ENOENT and path.is_symlink()):
        return Reason.BROKEN_LINK
    if error.errno in (errno.ENXIO, errno.ENODEV, errno.EISDIR):  # a socket, or a device without a driver
        return Reason.NOT_A_FILE
    return Reason.NOT_PERMITTED
