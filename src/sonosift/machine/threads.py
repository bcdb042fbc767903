"""The one place where threads per process are decided: oversubscription can cost a factor of twenty."""

from __future__ import annotations

import os

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")


def available_cores() -> int:
    """Return the cores this process may run on (containers and task sets are respected)."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def threads_per_process(workers: int) -> int:
    """Share the cores out among ``workers`` processes, at least one thread each."""
    return max(1, available_cores() // max(1, workers))


def limit_environment(workers: int) -> dict[str, str]:
    """Return the environment variables that hold a child process to its share of the cores."""
    return dict.fromkeys(_THREAD_VARIABLES, str(threads_per_process(workers)))
