"""What training needs to continue where it was killed, written whole or not at all, loaded without pickle's dangers."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import torch

from sonosift.errors import SonosiftError
from sonosift.machine import atomic

FILE_NAME = "last.pt"
_FORMAT = 2


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Write ``state`` (tensors and plain values only) as the last one."""
    # Through memory: torch's own file writer hides a full disk behind a RuntimeError without a reason.
    content = io.BytesIO()
    torch.save({"format": _FORMAT, **state}, content)
    try:
        atomic.write_bytes(folder / FILE_NAME, content.getvalue())
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise SonosiftError(
            f"no room left on the disk for the training state in {folder}",
            "Free some space and give the same command again; the state before is kept.",
        ) from error


def load_state(folder: Path) -> dict[str, Any] | None:
    """Return the last state on the CPU, or None when there is none yet."""
    path = folder / FILE_NAME
    atomic.remove_leftovers(folder)
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the many ways in which a damaged archive fails to load
        raise SonosiftError(
            f"{path} is damaged and cannot be resumed", "Remove the run's folder and start again."
        ) from error
    if state.get("format") != _FORMAT:
        raise SonosiftError(
            f"{path} has format {state.get('format')}; this version reads {_FORMAT}", "Start the run again."
        )
    return state
