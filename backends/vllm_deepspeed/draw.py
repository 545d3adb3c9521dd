"""One completion to be drawn: what both samplers ask of vLLM."""

from __future__ import annotations

from dataclasses import dataclass

from sdzero_bench.seeds import derive
from sdzero_bench.types import Sampling, TokenIds


@dataclass(frozen=True, slots=True)
class Draw:
    """A prompt, and how one sample of it is drawn. A prompt that fills the context has max_tokens 0."""

    prompt: TokenIds
    max_tokens: int
    seed: int


def draw(prompt: TokenIds, sample: int, sampling: Sampling, context: int) -> Draw:
    """sample: which one of its prompt. Seeds depend on nothing else, so neither does what is drawn."""
    room = max(0, context - len(prompt))
    return Draw(prompt, min(sampling.max_new_tokens, room), derive(sampling.seed, sample, prompt))
