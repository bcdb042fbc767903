"""What the decoding children are told and what they answer; both travel as JSON, never as pickles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class WorkerSettings:
    """What every child needs to know once."""

    key_hex: str = field(repr=False)
    size: int
    clip_rate_hz: float
    study_table: Literal["paper", "corrected"]
    spool: str
    held: str


@dataclass(frozen=True)
class LookJob:
    """Read a file's header and hash."""

    path: str


@dataclass(frozen=True)
class Looked:
    """What a file is: a readable clip with pseudonyms, or a reason why not."""

    sha256: str
    size: int
    modified_ns: int
    reason: str | None = None
    has_header: bool = False
    patient: str | None = None
    patient_number: str | None = None
    exam: str | None = None
    instance: str | None = None


@dataclass(frozen=True)
class DecodeJob:
    """Decode, clean and scale one clip whose place in the cohort has been decided."""

    path: str
    sha256: str
    modified_ns: int
    bytes: int
    instance: str
    clip: str
    exam: str
    patient: str


@dataclass(frozen=True)
class Decoded:
    """The clip's catalog rows; its frames lie in the spool file, or wait in the held folder."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    spool_file: str | None = None
    held_frames: int = 0
    reason: str | None = None
