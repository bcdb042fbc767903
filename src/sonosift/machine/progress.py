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


class _LogBar:
    """For logs of a scheduler or a pipe, where a moving bar cannot be seen: a line now and then, and one at the end."""

    def __init__(self, title: str, total: float | None, unit: str, done: float, seconds_between_lines: float) -> None:
        self._title, self._total, self._unit = title, total, unit
        self._done_before, self._steps, self._note = done, 0.0, ""
        self._between = seconds_between_lines
        self._started = self._printed = time.monotonic()

    def advance(self, steps: float = 1) -> None:
        self._steps += steps
        if time.monotonic() - self._printed >= self._between:
            self.print()

    def note(self, text: str) -> None:
        self._note = text

    def print(self) -> None:
        self._printed = time.monotonic()
        seconds = max(self._printed - self._started, 1e-3)
        done, rate = self._done_before + self._steps, self._steps / seconds
        parts = [f"{self._title}: {done:.0f}{f'/{self._total:.0f}' if self._total else ''} {self._unit}"]
        parts.append(f"{rate:.3g}/s")
        if self._total and rate and done < self._total:
            parts.append(f"ETA {(self._total - done) / rate:.0f} s")
        else:
            parts.append(f"{seconds:.0f} s")
        print(", ".join([*parts, self._note] if self._note else parts), file=sys.stderr, flush=True)


@contextmanager
def bar(
    title: str, total: float | None, unit: str = "it", done: float = 0, seconds_between_lines: float = 15
) -> Iterator[Bar]:
    """Show a bar with count, rate and ETA while the block runs; where nobody watches, print a line now and then.

    ``done`` is what an earlier, interrupted run had already finished; the rate counts only new work.
    """
    if _quiet:
        yield _SilentBar()
        return
    if not sys.stderr.isatty():
        shown = _LogBar(title, total, unit, done, seconds_between_lines)
        yield shown
        shown.print()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=24),
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
