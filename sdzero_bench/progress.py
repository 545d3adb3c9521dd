"""What a person sees while work goes on: bars in a terminal, lines elsewhere, nothing on ranks other than 0.

Example of a line: `sdzero round 1 draft: 300/500 samples, 212.0/s, 1s left`
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

LINE_EVERY = 10.0  # seconds between lines of one task


class Task(Protocol):
    """One piece of work under way."""

    def update(self, done: int, total: int) -> None:
        """`done` of `total` units are finished."""


class Reporter(Protocol):
    """Where progress and remarks go (standard error: standard output is for results)."""

    def task(self, title: str, total: int, unit: str, before: int = 0) -> AbstractContextManager[Task]:
        """Show a piece of work until the context ends. before: units done in an earlier process."""

    def say(self, text: str) -> None:
        """One remark."""


class Bars:
    """rich progress bars with rate and time left."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)

    @contextmanager
    def task(self, title: str, total: int, unit: str, before: int = 0) -> Iterator[Task]:
        """A bar that goes away when it is done."""
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit),
            TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self._console, transient=True) as progress:
            bar = progress.add_task(title, total=total, completed=before, rate="")
            yield _Bar(progress, bar, time.monotonic(), before)

    def say(self, text: str) -> None:
        """Above the bars."""
        self._console.print(text, markup=False, highlight=False)


class _Bar:
    def __init__(self, progress: Progress, task: TaskID, start: float, before: int) -> None:
        self._progress, self._task, self._start, self._before = progress, task, start, before

    def update(self, done: int, total: int) -> None:
        rate = (done - self._before) / max(time.monotonic() - self._start, 1e-6)
        self._progress.update(self._task, completed=done, total=total, rate=f"{rate:.1f}/s")


class Lines:
    """A line every ten seconds, for logs and pipes."""

    @contextmanager
    def task(self, title: str, total: int, unit: str, before: int = 0) -> Iterator[Task]:
        """Lines while it runs; a short task writes none."""
        yield _Line(self, title, unit, before)

    def say(self, text: str) -> None:
        """One line."""
        print(text, file=sys.stderr, flush=True)


class _Line:
    def __init__(self, lines: Lines, title: str, unit: str, before: int) -> None:
        self._lines, self._title, self._unit, self._before = lines, title, unit, before
        self._start = self._last = time.monotonic()

    def update(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last < LINE_EVERY:
            return
        self._last = now
        rate = (done - self._before) / (now - self._start)
        left = f", {(total - done) / rate:.0f}s left" if rate else ""
        self._lines.say(f"{self._title}: {done}/{total} {self._unit}, {rate:.1f}/s{left}")


class Silent:
    """Nothing: for ranks other than 0."""

    @contextmanager
    def task(self, title: str, total: int, unit: str, before: int = 0) -> Iterator[Task]:
        """No output."""
        yield self

    def update(self, done: int, total: int) -> None:
        """No output."""

    def say(self, text: str) -> None:
        """No output."""


def reporter_for(rank: int) -> Reporter:
    """Bars in a terminal, lines elsewhere, silence on ranks other than 0."""
    if rank:
        return Silent()
    console = Console(stderr=True)
    return Bars(console) if console.is_terminal else Lines()
