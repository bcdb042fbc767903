"""Progress bars with a rate and an ETA, on standard error, silent when asked to be."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

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
    def __init__(self, progress: object, task: object) -> None:
        self._progress = progress
        self._task = task

    def advance(self, steps: float = 1) -> None:
        self._progress.advance(self._task, steps)  # type: ignore[attr-defined]

    def note(self, text: str) -> None:
        self._progress.update(self._task, note=text)  # type: ignore[attr-defined]


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
    if total is None and hasattr(items, "__len__"):
        total = len(items)
    with bar(title, total, unit) as shown:
        for item in items:
            yield item
            shown.advance()
