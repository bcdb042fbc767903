"""Progress bars with a rate and an ETA, on standard error, silent when asked to be."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Item = TypeVar("Item")

_quiet = False


class Bar(Protocol):
    """What long work needs of a progress bar."""

    def advance(self, steps: float = 1) -> None:
        """Count ``steps`` more as done."""

    def note(self, text: str) -> None:
        """Show ``text`` (a loss, a file count) behind the bar."""


def set_quiet(quiet: bool) -> None:
    """Turn every progress bar and notice off (``--quiet``)."""
    global _quiet  # one console per process
    _quiet = quiet


def is_quiet() -> bool:
    """Say whether progress and notices are off."""
    return _quiet


def notice(text: str) -> None:
    """Print one line for the person who waits, on standard error."""
    if not _quiet:
        print(text, file=sys.stderr, flush=True)


class _SilentBar:
    def advance(self, steps: float = 1) -> None:
        pass

    def note(self, text: str) -> None:
        pass


class _RichBar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._started = time.monotonic()
        self._steps = 0.0

    def advance(self, steps: float = 1) -> None:
        self._steps += steps
        rate = self._steps / max(time.monotonic() - self._started, 1e-3)
        self._progress.update(self._task, advance=steps, rate=f"{rate:.3g}/s")

    def note(self, text: str) -> None:
        self._progress.update(self._task, note=text)


@contextmanager
def bar(title: str, total: float | None, unit: str = "it", done: float = 0) -> Iterator[Bar]:
    """Show a bar with count, rate and ETA while the block runs.

    ``done`` is what an earlier, interrupted run had already finished; the rate counts only new work.
    """
    if _quiet:
        yield _SilentBar()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(bar_width=28),
        TextColumn("{task.completed:.0f}/{task.total} {task.fields[unit]}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total, completed=int(done), unit=unit, rate="", note="")
        yield _RichBar(progress, task)


def track(items: Iterable[Item], title: str, total: float | None = None, unit: str = "it") -> Iterator[Item]:
    """Yield ``items`` while a bar counts them."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with bar(title, total, unit) as shown:
        for item in items:
            yield item
            shown.advance()
