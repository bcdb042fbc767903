"""The program of a decoding child: ``python -m sonosift.ingest.decode_worker``, jobs in, answers out, as JSON lines.

It runs hostile files under a limit of memory, and with its ordinary output closed: libraries like to print what
they choke on.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Any

from sonosift.archive.unreadable import Reason
from sonosift.ingest.clip_job import Decoded, DecodeJob, Looked, LookJob, WorkerSettings

MEMORY_BYTES = 850_000_000
"""What a child may hold in memory of its own; with the libraries that it shares with others it stays below 1 GB."""


def main() -> None:
    """Answer jobs until standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    jobs = os.fdopen(os.dup(sys.stdin.fileno()), "r", encoding="utf-8")
    _silence()
    settings = _settings(json.loads(jobs.readline()))
    _import_readers()
    _limit_memory()
    print("ready", file=answers, flush=True)
    for line in jobs:
        answers.write(json.dumps(_answer(json.loads(line), settings)) + "\n")
        answers.flush()


def _settings(told: dict[str, Any]) -> WorkerSettings:
    # JSON knows no tuples.
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return WorkerSettings(**fields)


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _import_readers() -> None:
    """Load every library before the memory limit counts, so that a file and not an import meets it."""
    import cv2

    import sonosift.archive.dicom_reader
    import sonosift.archive.still_reader
    import sonosift.archive.video_reader
    import sonosift.ingest.decode_clip
    import sonosift.ingest.look_at_file  # noqa: F401

    cv2.setNumThreads(1)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    # The libraries and what their threads set aside take over a gigabyte of addresses, and little of it as memory.
    resource.setrlimit(resource.RLIMIT_AS, (3 * MEMORY_BYTES, 3 * MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(job: dict[str, Any], settings: WorkerSettings) -> dict[str, Any]:
    from sonosift.ingest.decode_clip import decode_clip
    from sonosift.ingest.look_at_file import look_at_file

    looking = "sha256" not in job
    try:
        if looking:
            return asdict(look_at_file(LookJob(**job), settings))
        return asdict(decode_clip(DecodeJob(**job), settings))
    except MemoryError:
        reason = Reason.TOO_MUCH_MEMORY
    except Exception:  # whatever a codec raises must cost one file, not the ingest
        reason = Reason.BROKEN_HEADER if looking else Reason.BROKEN_PIXELS
    return asdict(Looked("", 0, 0, reason=reason) if looking else Decoded(reason=reason))


if __name__ == "__main__":
    main()
