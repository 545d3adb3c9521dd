"""What the backend asks of a sampler, and which one `backend.options.sampler` names.

Example: `sampler: server` with `servers: ["http://127.0.0.1:8100"]` samples there, not in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from sdzero_backends.vllm_deepspeed.colocated import ColocatedSampler
from sdzero_backends.vllm_deepspeed.draw import Draw
from sdzero_backends.vllm_deepspeed.options import Options
from sdzero_backends.vllm_deepspeed.server import ServerSampler
from sdzero_bench.config import BackendConfig
from sdzero_bench.types import Sampling, TokenIds


class Sampler(Protocol):
    """vLLM somewhere, with the policy's weights once it took them."""

    part: int  # which part of the rows this rank's engine samples,
    parts: int  # of how many

    def generate(
        self, draws: Sequence[Draw], sampling: Sampling, eos_ids: frozenset[int], on_finished: Callable[[int], None]
    ) -> list[TokenIds]:
        """One completion a draw, its end-of-sequence token kept; none where there is no room."""

    def logprobs(self, tokens: TokenIds) -> list[float]:
        """Natural-log probability of every token but the first, as the sampler sees it."""

    def take(self, weights: Iterable[tuple[str, Tensor]]) -> None:
        """New weights, on all ranks together."""

    @property
    def asleep(self) -> bool:
        """Whether the weights it took are gone, so that it has to take them again; asked on all ranks together."""

    def sleep(self) -> None:
        """Give up memory that the training needs."""

    def close(self) -> None:
        """Free what it holds."""


def make_sampler(
    model: Path | str, config: BackendConfig, options: Options, context: int, device: torch.device
) -> Sampler:
    """The sampler that the options name."""
    if options.sampler == "server":
        return ServerSampler(config, options, context)
    return ColocatedSampler(model, config, options, context, device)
