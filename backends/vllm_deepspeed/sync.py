"""Weights from the trainer to the sampler, and the proof that they arrived.

Example: after an update of a tied 135M model both give log p = -2.113 to the next token of a short probe; a sampler
whose head still had the old weights would be off by 1.6 (seen with vLLM 0.32 on a CPU), without any error of its own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sdzero_backends.vllm_deepspeed.partitioned import whole_weights
from sdzero_backends.vllm_deepspeed.processes import gather
from sdzero_backends.vllm_deepspeed.trainer import Trainer
from sdzero_bench.errors import RunError
from sdzero_bench.types import Role, TokenIds

if TYPE_CHECKING:
    from sdzero_backends.vllm_deepspeed.sampler import Sampler

PROBE_TOKENS = 24
# Largest difference of a token's log-probability. bfloat16 keeps 8 bits: other orders of summation move logits by about
# 1 %; stale weights are off by far more at the first synchronisation, from random weights.
BOUNDS = {"float32": 1e-3, "bfloat16": 0.25}


def probe(vocabulary: Sequence[int]) -> TokenIds:
    """Ordinary tokens, the same in every run."""
    return tuple(random.Random(0).choices(sorted(vocabulary), k=PROBE_TOKENS))


def synchronise(trainer: Trainer, sampler: Sampler, tokens: TokenIds, dtype: str) -> float:
    """Hand the weights over, compare on the probe: returns the largest difference, RunError where it is too large."""
    sampler.take(whole_weights(trainer.policy))
    (expected,) = trainer.score([tokens], Role.POLICY, 1.0)
    got = sampler.logprobs(tokens)
    difference = max(abs(a - b) for a, b in zip(expected.tolist()[1:], got, strict=True))
    worst = max(gather([difference]))
    if not worst <= BOUNDS[dtype]:
        raise RunError(
            f"the sampler does not have the trainer's weights: log-probabilities differ by {worst:.3g} (at most "
            f"{BOUNDS[dtype]:g} in {dtype}); this version of vLLM takes weights in another way: `sdzero-bench doctor`"
        )
    return worst
