"""Out of memory: the micro-batch that did not fit is halved, and the step is made again.

Example: 40 examples of 400 tokens do not fit in one micro-batch of 16,000 padded tokens; the step's gradients are
dropped, the limit is 8,000 for the rest of the run, and the step is made again in two micro-batches. Only one rank need
know of it: as long as a step makes no collective call before its last micro-batch, ranks stay in step.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from sdzero_bench.errors import RunError

T = TypeVar("T")

RETRIES = "out_of_memory_retries"  # in `Metrics.extra` of an update that was made again
# Allocators that raise no error of their own: torch's on a CPU, C++'s, CUDA's and cuBLAS's.
MESSAGES = ("can't allocate memory", "std::bad_alloc", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether less work at a time might have gone through."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(message in str(error) for message in MESSAGES)


class TooLargeError(Exception):
    """A micro-batch did not fit and can be made smaller."""

    def __init__(self, size: int, reason: str) -> None:
        super().__init__(reason)
        self.size = size  # of the micro-batch, in the limit's unit


class MemoryLimit:
    """A setting that bounds how much is done at a time; halved, for the rest of the run, where it was too much."""

    def __init__(self, setting: str, value: int, advice: str, rank: int, alone: bool = True) -> None:
        """advice: what helps where one sequence does not fit. alone: whether this rank may try again by itself."""
        self.value = value
        self._setting, self._advice, self._rank, self._alone = setting, advice, rank, alone

    @contextmanager
    def around(self, count: int, size: int) -> Iterator[None]:
        """Around a micro-batch of `count` sequences, `size` in the limit's unit.

        Raises TooLargeError, and RunError where trying again cannot help or is not this rank's to do.
        """
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            reason = first_line(error)
            if count <= 1:
                raise RunError(
                    f"out of memory with one sequence at a time ({size} of {self._setting}, which cannot be lowered "
                    f"further); {self._advice} ({reason})"
                ) from None
            if not self._alone:
                raise RunError(
                    f"rank {self._rank} is out of memory with {size} of {self._setting}: repeat the command with --set "
                    f"{self._setting}={min(self.value, size) // 2}, it goes on from the last checkpoint ({reason})"
                ) from None
            raise TooLargeError(size, reason) from None

    def until_it_fits(self, attempt: Callable[[], T], undo: Callable[[], None] = lambda: None) -> tuple[T, int]:
        """`attempt()`, made again with half the limit for as long as something in it is too large; how often it was.

        undo: drops what a failed attempt has left.
        """
        retries = 0
        on_gpu = torch.cuda.is_available()
        drawn, drawn_on_gpu = torch.get_rng_state(), torch.cuda.get_rng_state() if on_gpu else None
        while True:
            try:
                return attempt(), retries
            except TooLargeError as error:
                size, reason = error.size, str(error)
            # Only here is the failed attempt's traceback gone, and with it the tensors its frames held.
            undo()
            torch.set_rng_state(drawn)  # dropout draws again what it has drawn
            if drawn_on_gpu is not None:
                torch.cuda.set_rng_state(drawn_on_gpu)
            release_memory()
            retries += 1
            before, self.value = self.value, min(self.value, size) // 2
            # From the rank it happened on, because no other knows. A terminal's bars stay below what print writes.
            where = f"rank {self._rank}: " if self._rank else ""
            print(
                f"{where}out of memory with {size} of {self._setting} {before}: going on with {self.value}, with the "
                f"same result ({reason})",
                file=sys.stderr, flush=True,
            )  # fmt: skip


@contextmanager
def memory_errors(what: str, advice: str) -> Iterator[None]:
    """Where nothing can be made smaller: one line for people."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise RunError(f"out of memory in {what}; {advice} ({first_line(error)})") from None


def release_memory() -> None:
    """Free what Python's cycles and torch's cache hold."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def first_line(error: BaseException) -> str:
    """Of the message, or the error's name."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
