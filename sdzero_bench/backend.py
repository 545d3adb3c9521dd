"""The interface between the harness and an engine, and how an engine is found.

A backend is a class registered under the entry-point group `sdzero_bench.backends`; ours are found exactly as a
stranger's would be. SPMD: under a launcher every rank runs the same harness with the same arguments; the backend shards
the work and gathers the results, so that every method below returns the same on every rank.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sdzero_bench.config import BackendConfig, OptimiserConfig
from sdzero_bench.errors import UserError
from sdzero_bench.examples import Batch
from sdzero_bench.types import Completion, Role, Sampling, TokenIds

if TYPE_CHECKING:
    import torch

    from sdzero_bench.objectives import Objective

T = TypeVar("T")

GROUP = "sdzero_bench.backends"

Progress = Callable[[int, int], None]  # (done, of): called by long calls as units of work finish


@dataclass(frozen=True, slots=True)
class Metrics:
    """What one update reports, summed over ranks."""

    loss: float
    grad_norm: float  # before clipping
    learning_rate: float
    tokens: int  # trained: tokens that carried a loss
    extra: dict[str, float]  # the objective's own figures, weighted like the loss (KL, clip fraction, entropy, ...)


class Backend(Protocol):
    """One policy with its sampler, its optimiser and, once frozen, its teacher."""

    @property
    def tokenizer(self) -> Any:
        """The model's transformers tokenizer."""

    @property
    def context_length(self) -> int:
        """The longest sequence the model takes, in tokens."""

    @property
    def rank(self) -> int:
        """This process, 0-based."""

    @property
    def world_size(self) -> int:
        """Processes running the harness together."""

    def generate(
        self, prompts: Sequence[TokenIds], sampling: Sampling, progress: Progress | None = None
    ) -> list[list[Completion]]:
        """`sampling.n` completions of every prompt, in order. The same seed gives the same tokens in any batching.

        A completion never grows past the context: it ends with FinishReason.LENGTH there.
        """

    def score(
        self, sequences: Sequence[TokenIds], of: Role = Role.POLICY, temperature: float = 1.0
    ) -> list[torch.Tensor]:
        """Natural-log probability of every token given those before it: float32 of shape [len(sequence)] each.

        Entry 0 is 0: nothing predicts the first token. Logits are divided by `temperature` first.
        """

    def begin_training(self, optimiser: OptimiserConfig, steps: int) -> None:
        """Start a training phase of `steps` updates with a fresh optimiser and schedule."""

    def update(self, batch: Batch, objective: Objective) -> Metrics:
        """One optimiser step over a batch of any size (micro-batches inside)."""

    def freeze_teacher(self) -> None:
        """The teacher becomes a copy of the current weights, frozen until the next call."""

    def save(self, path: Path, *, training_state: bool = False) -> None:
        """Write a Hugging Face folder (safetensors, tokenizer); with training_state the optimiser and schedule too."""

    def restore(self, path: Path | str, *, training_state: bool = False) -> None:
        """Load what `save` wrote. With training_state, `begin_training` must have been called as it was before."""

    def broadcast(self, value: T) -> T:
        """Rank 0's value, on every rank: for what one rank has to decide, like a verdict with a time limit."""

    def close(self) -> None:
        """Free the engine."""


def backend_names() -> dict[str, EntryPoint]:
    """Installed backends by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def open_backend(config: BackendConfig, model: Path | str, seed: int) -> Backend:
    """Start the configured engine on a Hugging Face folder (or hub id)."""
    names = backend_names()
    if config.name not in names:
        raise UserError(f"backend: unknown backend {config.name!r}; installed: {', '.join(sorted(names)) or 'none'}")
    factory = names[config.name].load()
    backend: Backend = factory(config, model, seed)
    return backend
