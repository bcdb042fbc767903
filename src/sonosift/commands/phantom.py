"""`sonosift phantom`: write a simulated hospital and the truth about it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sonosift.commands.summary import Summary


class PhantomSummary(Summary):
    """What was written.

    Attributes:
        archive: Folder that looks like a PACS export.
        truth: Folder of the truth tables.
        patients: Invented patients.
        exams: Their exams.
        files: All files of the archive.
        readable: Files that hold images.
        corrupt: Files that nobody can read.
        not_images: Files that never were images.
        clips: Readable files with more than one frame.
        frames: Frames of all readable files.
        seconds: How long it took.
        frames_per_second: The rate.
    """

    archive: str
    truth: str
    patients: int
    exams: int
    files: int
    readable: int
    corrupt: int
    not_images: int
    clips: int
    frames: int
    seconds: float
    frames_per_second: float


def phantom(
    out: str | Path,
    *,
    patients: int = 20,
    seed: int = 0,
    profile: str = "stills",
    size: int | None = None,
    workers: int | None = None,
    clean_pictures: bool = False,
) -> PhantomSummary:
    """Write a simulated hospital to OUT/archive, and the truth about it to OUT/truth.

    Args:
        out: A new or empty folder.
        patients: How many patients to invent.
        seed: Same seed, same bytes.
        profile: ``stills`` (freeze frames, whole exams) or ``cine`` (clips).
        size: Longer side of a simulated scan in pixels, before it is enlarged to the machine's screen.
        workers: Processes; one per core by default.
        clean_pictures: Also write truth/clean: every picture as it is under the overlays, to measure against.
    """
    from sonosift.phantom.hospital import DEFAULT_DETAIL, simulate

    started = time.perf_counter()
    out = Path(out)
    counts: dict[str, Any] = simulate(
        out,
        patients=patients,
        seed=seed,
        profile=profile,
        detail=size or DEFAULT_DETAIL,
        workers=workers,
        clean_pictures=clean_pictures,
    )
    seconds = time.perf_counter() - started
    numbers = {name: counts[name] for name in PhantomSummary.model_fields if name in counts}
    return PhantomSummary(
        archive=str(out / "archive"),
        truth=str(out / "truth"),
        seconds=round(seconds, 2),
        frames_per_second=round(counts["frames"] / max(seconds, 1e-9), 2),
        **numbers,
    )
