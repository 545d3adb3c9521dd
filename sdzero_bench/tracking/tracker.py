"""What a run tells whoever follows it, and what a tracker has to do with that.

Example: GRPO's third update of a run becomes `{"train/loss": 0.21, "train/grad_norm": 1.7, ..., "round": 1}` at 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Tracking(Protocol):
    """What rounds and phases know: where to say what was made. Nothing of it comes back into the run."""

    def row(self, number: int, row: Mapping[str, Any]) -> None:
        """A line of metrics-*.jsonl of round `number`: an update, or the samples of an on-policy step."""

    def finished(self, number: int, phase: str) -> None:
        """A phase of round `number` is done: its marker is written."""

    def evaluated(self, number: int) -> None:
        """The policy after round `number` is evaluated (0: the base): eval/metrics.json is written."""


class Untracked:
    """Nobody follows the run: without --track, and on ranks other than 0."""

    def row(self, number: int, row: Mapping[str, Any]) -> None:
        """Nothing."""

    def finished(self, number: int, phase: str) -> None:
        """Nothing."""

    def evaluated(self, number: int) -> None:
        """Nothing."""


class Tracker(Protocol):
    """One tracker's run. It may raise whatever its library raises: `guarded.Guarded` stands around it.

    A run makes the same points in the same order however often it is interrupted, so that a number says which of them
    a tracker has: after a resume all are made again, and only those it lacks are logged.
    """

    @property
    def kept(self) -> int:
        """How many points it had when it was opened, from earlier processes of the same run."""

    def log(self, figures: Mapping[str, float], update: int) -> None:
        """One point, the next. update: optimiser updates made so far, over the whole run, the x axis."""

    def close(self, done: bool) -> None:
        """Send what is left. done: the run came to its end, it was neither interrupted nor did it fail."""
