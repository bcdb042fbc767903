"""How busy the GPU was while something ran; nothing where there is none."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

ASK = ("nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100")


class Utilisation:
    """Percentages that were read."""

    def __init__(self) -> None:
        self.readings: list[float] = []

    def percent(self) -> float | None:
        """Return their mean, or None when there were none."""
        return sum(self.readings) / len(self.readings) if self.readings else None


@contextmanager
def watched() -> Iterator[Utilisation]:
    """Ask the driver ten times a second while the block runs."""
    found = Utilisation()
    if shutil.which(ASK[0]) is None:
        yield found
        return
    process = subprocess.Popen(ASK, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield found
    finally:
        process.terminate()
        answer, _ = process.communicate()
        found.readings += [float(line) for line in answer.splitlines() if line.strip().isdigit()]
