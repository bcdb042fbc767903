"""Every text of an archive, read in limited children: what must not be found in the cohort."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sonosift.machine import progress, threads
from sonosift.verify.harvest_file import FILE_NAME, Found

_FILES_PER_CHILD = 200
_SECONDS_PER_CHILD = 120.0
_SECONDS_PER_BYTE = 1 / 2_000_000


@dataclass(frozen=True)
class ArchiveFile:
    """One file: its path relative to the archive, and its texts; None where no child could read it."""

    path: str
    texts: list[Found] | None


def archive_texts(archive: Path, paths: Sequence[str], workers: int | None = None) -> Iterator[ArchiveFile]:
    """Yield every file of the archive with its texts, names of folders and files among them, in the given order."""
    count = workers or threads.available_cores()
    parts = [paths[start : start + _FILES_PER_CHILD] for start in range(0, len(paths), _FILES_PER_CHILD)]
    with ThreadPoolExecutor(count) as pool, progress.bar("read the archive", len(paths), "files") as bar:
        for part, answers in zip(parts, pool.map(lambda part: _read(archive, part), parts), strict=True):
            for path, texts in zip(part, answers, strict=True):
                names = [(FILE_NAME, name) for name in _names(path)]
                yield ArchiveFile(path, None if texts is None else names + texts)
                bar.advance()


def path_texts(path: str) -> list[Found]:
    """Return the names in a path as texts: what is known of a file without reading it."""
    return [(FILE_NAME, name) for name in _names(path)]


def _names(path: str) -> list[str]:
    readable = os.fsencode(path).decode("utf-8", "replace")
    return [part for part in readable.split("/") if part]


def _read(archive: Path, paths: Sequence[str]) -> list[list[Found] | None]:
    """Ask one child; where it dies, the files it did not answer for are asked for again, and the culprit left out."""
    answers: list[list[Found] | None] = [None] * len(paths)
    first = 0
    while first < len(paths):
        told = _ask([os.fspath(archive / path) for path in paths[first:]])
        for place, texts in told:
            answers[first + place] = None if texts is None else [(kind, text) for kind, text in texts]
        # The first file without an answer is the one that the child died of.
        first += len(told) + 1
    return answers


def _ask(paths: list[str]) -> list[tuple[int, list[Found] | None]]:
    size = sum(file.stat().st_size for file in map(Path, paths) if file.is_file())
    environment = os.environ | threads.limit_environment(threads.available_cores())
    process = subprocess.Popen(
        [sys.executable, "-m", "sonosift.verify.harvest_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        output = process.communicate(json.dumps(paths).encode(), _SECONDS_PER_CHILD + size * _SECONDS_PER_BYTE)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        output = process.communicate()[0]
    lines = output.split(b"\n")[:-1]
    return [(place, texts) for place, texts in map(json.loads, lines)]
