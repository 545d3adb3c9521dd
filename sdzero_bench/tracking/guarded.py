"""A tracker that may fail without the run noticing: one line says so, and the run goes on without it.

Example: `wandb: CommError: the server is gone; the run goes on without it`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from sdzero_bench.tracking.tracker import Tracker


class Guarded:
    """One tracker, opened here so that opening it is guarded too."""

    def __init__(self, name: str, open_tracker: Callable[[], Tracker], say: Callable[[str], None]) -> None:
        self._name, self._say = name, say
        self._tracker: Tracker | None = None
        self._points = 0  # that the run has made
        self._kept = 0

        def opened() -> None:
            self._tracker = open_tracker()
            self._kept = self._tracker.kept

        self._try(opened)

    def log(self, figures: Mapping[str, float], update: int) -> None:
        """The run's next point, logged unless an earlier process has logged it."""
        self._points += 1
        tracker = self._tracker
        if tracker is not None and self._points > self._kept:
            self._try(lambda: tracker.log(figures, update))

    def close(self, done: bool) -> None:
        """No more points."""
        tracker = self._tracker
        if tracker is not None:
            self._try(lambda: tracker.close(done))
        self._tracker = None

    def _try(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # of whatever library, the network or the disk
            left, self._tracker = self._tracker, None
            what = " ".join(f"{type(error).__name__}: {error}".split())
            self._say(f"{self._name}: {what}; the run goes on without it")
            if left is not None:  # an open run would be taken for that of the next method
                with suppress(Exception):
                    left.close(False)
