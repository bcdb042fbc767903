"""Begin a run, or take it up again: the first of several processes writes, the others read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lightning.fabric import Fabric

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.machine import lock, progress


def begin_run(
    cohort: Cohort, name: str, config: Mapping[str, Any], frame_ids: list[str], processes: Fabric
) -> RunFolder:
    """Return the folder of a run with this configuration, new or begun before."""
    if processes.is_global_zero:
        folder = cohort.runs.create(name, config, frame_ids=frame_ids)
        if folder.finished:
            progress.notice(f"{folder.name} is finished already: its result stands as it is")
    processes.barrier()
    return cohort.runs.get(name)


@contextmanager
def held(folder: RunFolder, processes: Fabric) -> Iterator[None]:
    """Keep other commands out of a run while this one works in it."""
    if not processes.is_global_zero:
        yield
        return
    with lock.exclusive(folder.path / "lock", f"run {folder.name}"):
        yield
