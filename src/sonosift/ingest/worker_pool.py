"""A pool of decoding children that outlives any of them: a crash or a timeout costs one file, not the ingest."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from sonosift.archive.unreadable import Reason
from sonosift.errors import SonosiftError
from sonosift.ingest.clip_job import DecodeJob, LookJob, WorkerSettings
from sonosift.machine import threads

Job = LookJob | DecodeJob

BASE_SECONDS = 300.0
BYTES_PER_SECOND = 20_000
"""Far below what decoding and cleaning manage: only a file that hangs its decoder takes longer."""
MOST_SECONDS = 6 * 3600.0

AHEAD = 16
"""How many jobs per worker may be finished before the one that everybody waits for."""


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    ready: bool = False
    position: int | None = None
    deadline: float = float("inf")
    received: bytearray = field(default_factory=bytearray)


class WorkerPool:
    """Runs jobs in ``workers`` children and yields the answers in the order of the jobs."""

    def __init__(self, settings: WorkerSettings, workers: int, base_seconds: float = BASE_SECONDS) -> None:
        self._settings = settings
        self._base_seconds = base_seconds
        self._environment = os.environ | threads.limit_environment(max(workers, threads.available_cores()))
        self._selector = selectors.DefaultSelector()
        self._children: list[_Child] = []
        self._workers = workers

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._children:
            self._end(child)
        self._selector.close()

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, dict[str, Any]]]:
        """Yield each job with its answer, in order; a lost child answers with the reason only."""
        finished: dict[int, dict[str, Any]] = {}
        sent = 0
        # Started when there is something to do: an archive without anything new costs nothing.
        while len(self._children) < min(self._workers, len(jobs)):
            self._children.append(self._start())
        for wanted in range(len(jobs)):
            while wanted not in finished:
                limit = min(len(jobs), wanted + AHEAD * self._workers)
                for child in self._children:
                    if child.ready and child.position is None and sent < limit:
                        self._send(child, sent, jobs[sent])
                        sent += 1
                finished.update(self._receive())
            yield jobs[wanted], finished.pop(wanted)

    def _start(self) -> _Child:
        command = [sys.executable, "-m", "sonosift.ingest.decode_worker"]
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._environment
        )
        child = _Child(process)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)
        self._write(child, asdict(self._settings))
        return child

    def _end(self, child: _Child) -> None:
        assert child.process.stdin is not None
        assert child.process.stdout is not None
        self._selector.unregister(child.process.stdout)
        child.process.kill()
        child.process.wait()
        child.process.stdin.close()
        child.process.stdout.close()

    def _send(self, child: _Child, position: int, job: Job) -> None:
        child.position = position
        child.deadline = time.monotonic() + min(MOST_SECONDS, self._base_seconds + job.bytes / BYTES_PER_SECOND)
        self._write(child, asdict(job))

    def _write(self, child: _Child, message: dict[str, Any]) -> None:
        assert child.process.stdin is not None
        try:
            child.process.stdin.write(json.dumps(message).encode() + b"\n")
            child.process.stdin.flush()
        except BrokenPipeError:
            pass  # it died: reading its answer will tell

    def _receive(self) -> dict[int, dict[str, Any]]:
        """Wait for answers, deaths and deadlines; replace the children that are lost."""
        answers: dict[int, dict[str, Any]] = {}
        now = time.monotonic()
        nearest = min((child.deadline for child in self._children), default=now)
        for key, _ in self._selector.select(timeout=max(0.0, min(nearest - now, 3600.0))):
            child: _Child = key.data
            piece = os.read(key.fd, 1 << 20)
            if not piece:
                answers.update(self._lost(child, Reason.DECODER_DIED))
                continue
            child.received += piece
            if not child.received.endswith(b"\n"):
                continue
            if child.position is None:
                child.ready = True
                child.received.clear()
            else:
                answers[child.position] = json.loads(child.received)
                child.received.clear()
                child.position, child.deadline = None, float("inf")
        for child in list(self._children):
            if child.deadline < time.monotonic():
                answers.update(self._lost(child, Reason.TOO_SLOW))
        return answers

    def _lost(self, child: _Child, reason: Reason) -> dict[int, dict[str, Any]]:
        if child.position is None:
            raise SonosiftError(
                "a decoding process ended before its first file",
                f"Try it by hand: {sys.executable} -m sonosift.ingest.decode_worker < /dev/null",
            )
        answers = {child.position: {"reason": str(reason)}}
        self._end(child)
        self._children.remove(child)
        self._children.append(self._start())
        return answers
