"""Rank 0 leads, the others follow: lm-eval runs in one process, the model in all of them.

Example: rank 0 calls `leader.score([(5, 6, 7)])`; the other ranks, waiting in `follow`, are told ("score", [(5, 6, 7)])
and make the same call, as the backend wants it.

lm-eval's own data parallelism deals documents out to ranks. The backend deals out rows itself, so lm-eval is told of
one process: data is read once, metrics are computed once, and no rank can come to another prompt than its neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sdzero_bench.backend import Backend, Progress
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.types import Completion, Sampling, TokenIds

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None


class Leader:
    """What rank 0 may ask of the backend; every call is made on all ranks."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.calling = False  # while it is, the other ranks do not listen

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer."""
        return self._backend.tokenizer

    @property
    def context_length(self) -> int:
        """In tokens."""
        return self._backend.context_length

    @property
    def world_size(self) -> int:
        """Processes."""
        return self._backend.world_size

    def generate(
        self, prompts: Sequence[TokenIds], sampling: Sampling, progress: Progress | None = None
    ) -> list[list[Completion]]:
        """As Backend.generate."""
        self._announce("generate", prompts, sampling)
        completions = self._backend.generate(prompts, sampling, progress)
        self.calling = False
        return completions

    def score(self, sequences: Sequence[TokenIds]) -> list[torch.Tensor]:
        """As Backend.score."""
        self._announce("score", sequences)
        logprobs = self._backend.score(sequences)
        self.calling = False
        return logprobs

    def _announce(self, method: str, *arguments: Any) -> None:
        self._backend.broadcast(_Call(method, arguments))
        self.calling = True


def run_on_rank_0(backend: Backend, work: Callable[[Leader], T]) -> T | None:
    """`work`'s result on rank 0, None on the others. What `work` raises is raised on every rank."""
    if backend.rank > 0:
        follow(backend)
        return None
    leader = Leader(backend)
    try:
        result = work(leader)
    except Exception as error:
        if not leader.calling:  # an error inside a call of the backend meets the other ranks there
            known = isinstance(error, UserError | RunError)
            backend.broadcast(_End(error if known else RunError(f"rank 0 stopped: {type(error).__name__}: {error}")))
        raise
    backend.broadcast(_End(None))
    return result


def follow(backend: Backend) -> None:
    """Make the calls that rank 0 announces until it has finished. Raises what ended its work."""
    while isinstance(order := backend.broadcast(None), _Call):
        getattr(backend, order.method)(*order.arguments)
    if isinstance(order, _End) and order.error is not None:
        raise order.error
