"""Processes that work off jobs one by one: a job that crashes its process costs that job alone.

One process computes with all cores, because two that wait for each other on the same cores are many times slower than
one; several share the cores out, or get an accelerator each.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sonosift.machine import threads

Job = Mapping[str, Any]
Answer = dict[str, Any]
FAILED = "failed"
"""The key of an answer that says why there is no other."""


def environments(workers: int, accelerators: int) -> list[dict[str, str]]:
    """Return what each of ``workers`` processes finds in its environment, beyond what this one has.

    >>> environments(1, accelerators=0)
    [{}]
    >>> [one["CUDA_VISIBLE_DEVICES"] for one in environments(3, accelerators=2)] if not os.environ.get(
    ...     "CUDA_VISIBLE_DEVICES") else ["0", "1", "0"]
    ['0', '1', '0']
    """
    shared: dict[str, str] = threads.limit_environment(workers) if workers > 1 else {}
    if not accelerators:
        return [dict(shared) for _ in range(workers)]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(accelerators)))
    devices = visible.split(",")
    return [shared | {"CUDA_VISIBLE_DEVICES": devices[place % len(devices)]} for place in range(workers)]


def work_off(
    jobs: Sequence[Job], module: str, surroundings: Sequence[Mapping[str, str]]
) -> Iterator[tuple[Job, Answer]]:
    """Yield each job with its answer, in the order in which they are done.

    Args:
        jobs: plain values, written to the process as one line of JSON.
        module: run as ``python -m MODULE``; for each line it answers with one.
        surroundings: the environment of each process (see :func:`environments`).
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    done: queue.SimpleQueue[tuple[Job, Answer]] = queue.SimpleQueue()
    workers = [_Worker(module, dict(one), waiting, done) for one in surroundings[: len(jobs)]]
    for worker in workers:
        worker.start()
    try:
        for _ in jobs:
            yield done.get()
    finally:
        for worker in workers:
            worker.stop()


class _Worker(threading.Thread):
    """A thread that holds one process, and a new one where that was lost."""

    def __init__(
        self,
        module: str,
        environment: Mapping[str, str],
        waiting: queue.SimpleQueue[Job],
        done: queue.SimpleQueue[tuple[Job, Answer]],
    ) -> None:
        super().__init__(daemon=True)
        self._command = [sys.executable, "-m", module]
        self._environment = os.environ | dict(environment)
        self._waiting, self._done = waiting, done
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._starting = threading.Lock()

    def run(self) -> None:
        while not self._stopped:
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                break
            self._done.put((job, self._answer(job)))
        self.stop()

    def stop(self) -> None:
        with self._starting:
            self._stopped = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answer(self, job: Job) -> Answer:
        with self._starting:
            if self._stopped:
                return {FAILED: "it was stopped before it began"}
            process = self._process
            if process is None or process.poll() is not None:
                process = self._process = subprocess.Popen(  # noqa: S603 - our own module
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._environment
                )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it died: reading its answer will tell
        line = process.stdout.readline()
        if line.endswith(b"\n"):
            answer: Answer = json.loads(line)
            return answer
        code = process.wait()
        return {FAILED: f"its process ended with {f'signal {-code}' if code < 0 else f'code {code}'}: out of memory?"}
