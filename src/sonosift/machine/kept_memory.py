"""Memory that a process gives back is memory that it has to be given again, page by page, at the next training step.

A step frees its activations, some hundred megabytes each; the C library returns blocks of that size to the system at
once, and the next step's blocks arrive as pages to be zeroed: hundreds of thousands of page faults a step.
``benchmarks/pretrain/step.py`` prints what keeping it gains.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Names and defaults of mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = -1
_DEFAULT_TRIM_THRESHOLD, _DEFAULT_MMAP_MAX = 128 * 1024, 65536


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed memory for the next allocation while the block runs, and give it back at its end.

    With another C library than glibc (macOS, musl) nothing changes.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        library.mallopt(_MMAP_MAX, _DEFAULT_MMAP_MAX)
        library.mallopt(_TRIM_THRESHOLD, _DEFAULT_TRIM_THRESHOLD)
        library.malloc_trim(0)


def _glibc() -> Any | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    # musl has no gnu_get_libc_version.
    return library if hasattr(library, "gnu_get_libc_version") else None
