"""Verification: the reward r(y, a) in {0, 1} of every completion, with the extracted answer and a reason.

Example: `with open_verifier(workers=2, timeout=10) as verifier: attempts = verifier.verify([(question, completion)])`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from sdzero_bench.types import Attempt, Completion, Question


class Verifier(Protocol):
    """Judges completions."""

    def verify(self, items: Sequence[tuple[Question, Completion]]) -> list[Attempt]:
        """One Attempt an item, in order. Never raises on what a model wrote: that is reward 0 with a reason."""

    def close(self) -> None:
        """End the worker processes."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def open_verifier(workers: int = 2, timeout: float = 10.0) -> Verifier:
    """A pool of worker processes; a completion that takes longer than `timeout` seconds is judged wrong."""
    from sdzero_bench.verify.pool import VerifierPool

    return VerifierPool(workers, timeout)
