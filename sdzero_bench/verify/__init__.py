"""Verification: the reward r(y, a) in {0, 1} of every completion, with the extracted answer and a reason.

Example: `with open_verifier(workers=2, timeout=10) as verifier: attempts = verifier.verify([(question, completion)])`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, Self

from sdzero_bench.types import Attempt, Completion, Question


class Verifier(Protocol):
    """Judges completions."""

    def verify(
        self, items: Sequence[tuple[Question, Completion]], progress: Callable[[int, int], None] | None = None
    ) -> list[Attempt]:
        """One Attempt an item, in order. Never raises on what a model wrote: that is reward 0 with a reason."""

    def stream(self, items: Sequence[tuple[Question, Completion]]) -> Iterator[tuple[int, Attempt]]:
        """(index, Attempt) of each item as soon as it is judged, in no order."""

    def close(self) -> None:
        """End the worker processes."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def open_verifier(workers: int | None = None, timeout: float = 10.0) -> Verifier:
    """A pool of worker processes; a completion that takes longer than `timeout` seconds is judged wrong.

    Without `workers` there are twice as many as cores: a worker whose program sleeps must not keep a core idle.
    Programs have time limits of their own, by their tests.
    """
    from sdzero_bench.verify.pool import VerifierPool

    return VerifierPool(2 * (os.cpu_count() or 1) if workers is None else workers, timeout)
