"""Read the frames of a training into memory, or arrange for them to be read as they are needed."""

from __future__ import annotations

from collections.abc import Sequence

import psutil
import torch

from sonosift.batches.frame_source import FrameSource
from sonosift.batches.frame_tensor import FrameTensor, shrink
from sonosift.batches.streamed_frames import Read, StreamedFrames
from sonosift.errors import SonosiftError
from sonosift.machine import progress

_ROWS_AT_A_TIME = 256
_GIB = 2**30
# The rest is for networks and activations.
_SHARE_OF_MEMORY = 0.6


def load_frames(read: Read, frame_ids: Sequence[str], size: int, title: str = "load frames") -> FrameSource:
    """Return frames ``size`` pixels wide: read once and kept in main memory, or read again each time if they don't fit.

    Frames smaller than ``size`` keep their size: enlarging them would add nothing.
    """
    if not frame_ids:
        raise SonosiftError("there is no frame to load", "Check the split and the cohort: sonosift inspect.")
    needed, free = len(frame_ids) * size * size, psutil.virtual_memory().available
    if needed > _SHARE_OF_MEMORY * free:
        progress.notice(
            f"{len(frame_ids)} frames of {size} pixels need {needed / _GIB:.1f} GiB of memory and {free / _GIB:.1f} "
            "are free: they are read from the disk, batch by batch"
        )
        return StreamedFrames(read, frame_ids, size)
    starts = range(0, len(frame_ids), _ROWS_AT_A_TIME)
    parts = [
        shrink(torch.from_numpy(read(frame_ids[start : start + _ROWS_AT_A_TIME])), size)
        for start in progress.track(starts, title, unit="batch")
    ]
    return FrameTensor(torch.cat(parts))
