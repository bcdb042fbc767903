"""The highest resident memory of a process, in bytes.

Not ``ru_maxrss``: a child inherits that figure from the process that started it.
"""

import resource
import sys
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")

PROGRAM = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from tests.peak_memory import peak_bytes
"""
"""What a program for a child begins with, to be able to ask."""


def forget_peak():
    """Begin to measure anew; return what is resident now."""
    if _RESET.exists():
        _RESET.write_text("5")
    return peak_bytes()


def peak_bytes():
    """The peak since the process began, or since ``forget_peak``."""
    if not _STATUS.exists():
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
