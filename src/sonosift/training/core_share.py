"""How many threads to train with beside whatever else this machine is doing.

Two threads that wait for each other at every layer, on cores that others use too, are several times slower than one:
measured on two busy cores, 17 images/s with two threads and 75 with one.
"""

from __future__ import annotations

import psutil
import torch

_LOOK_SECONDS = 0.5


def take_idle_cores() -> int:
    """Set torch's threads to the cores that are idle now, at least 1 and never more than it had; return how many.

    ``OMP_NUM_THREADS`` is the upper limit, as ever.
    """
    most = torch.get_num_threads()
    if most > 1:
        torch.set_num_threads(idle_threads(most))
    return torch.get_num_threads()


def idle_threads(most: int) -> int:
    """Look at the machine for half a second and return how many of ``most`` threads would find a free core."""
    cores = psutil.cpu_count() or 1
    busy: float = psutil.cpu_percent(interval=_LOOK_SECONDS) / 100 * cores
    return max(1, min(most, round(cores - busy)))
