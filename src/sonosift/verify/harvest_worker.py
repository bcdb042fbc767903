"""The program of a harvesting child: ``python -m sonosift.verify.harvest_worker``, paths in, texts out, as JSON.

Hostile files are read under a limit of memory and with the ordinary output closed, as in an ingest.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from sonosift.verify.harvest_file import harvest_file, silence

MEMORY_BYTES = 1_500_000_000


def main() -> None:
    """Answer with one line per path: ``[place, [[kind, text], …]]``, or null where the file cannot be read."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    paths = json.load(sys.stdin)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    silence()
    import av  # noqa: F401 - before the limit counts
    import PIL.Image  # noqa: F401

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for place, path in enumerate(paths):
        answers.write(json.dumps([place, _answer(path)]) + "\n")
        answers.flush()


def _answer(path: str) -> list[tuple[str, str]] | None:
    try:
        # A text that several elements repeat is told once.
        return sorted(set(harvest_file(Path(path))))
    except (Exception, MemoryError):  # one bad file must not end the search
        return None


if __name__ == "__main__":
    main()
