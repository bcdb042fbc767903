"""What was written of an exam so far: rows of the truth tables, and files that may be exported again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass
class Written:
    """Rows of the truth tables."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Exported:
    """One written file and what it shows, so that it can be exported again, grabbed from, or damaged."""

    file: str
    clip: str
    frames: npt.NDArray[np.uint8]
    rows: list[dict[str, Any]]
    rate_hz: float | None
    masks: dict[str, npt.NDArray[Any]]
    bare: npt.NDArray[np.uint8] | None
