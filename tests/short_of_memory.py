"""Run by test_out_of_memory: hf-accelerate with too little memory for its micro-batches, then with enough.

Example: `python short_of_memory.py MODEL_FOLDER NEW_FOLDER 280 190 50` (megabytes for update, score, generate) prints
one JSON object: the limits that were left, and the differences from the same calls with these limits and enough memory.

Memory is really short: the process may not map more than some megabytes beyond what it has, so torch's allocator fails.
Logits take much of it, by a vocabulary of 32,000 on a tiny model. Under a launcher only rank SHORT_RANK is short of it.
"""

import json
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from sdzero_backends.shared.memory import MemoryLimit
from sdzero_bench.backend import Metrics, open_backend
from sdzero_bench.config import BackendConfig, OptimiserConfig, Schedule
from sdzero_bench.errors import RunError
from sdzero_bench.examples import Example
from sdzero_bench.objectives import NLL
from sdzero_bench.types import Sampling

T = TypeVar("T")

VOCABULARY = 32_000
MEGABYTE = 1_000_000
LENGTH = 64
TOKENS, ROWS = 16 * LENGTH, 128  # limits at the start
OPTIMISER = OptimiserConfig(learning_rate=1e-3, schedule=Schedule.CONSTANT)


@contextmanager
def only(megabytes: int) -> Iterator[None]:
    """This process may map so much more, where its rank is the one that is short of memory."""
    if os.environ.get("RANK", "0") != os.environ.get("SHORT_RANK", "0"):
        yield
        return
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + megabytes * MEGABYTE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def widened(tiny: Path, folder: Path) -> Path:
    """The tiny model with a large vocabulary."""
    config = AutoConfig.from_pretrained(tiny)
    config.vocab_size = VOCABULARY
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(folder)
    return folder


def main(tiny: Path, folder: Path, for_update: int, for_score: int, for_generate: int) -> None:
    rng = random.Random(0)
    texts = [tuple(rng.choices(range(6, VOCABULARY), k=LENGTH)) for _ in range(16)]
    # Logits of one token each, then of nearly all: gradients of the first micro-batch are there when the second fails.
    large = [Example(text[1:], (0.0, *[1.0] * (LENGTH - 2))) for text in texts]
    batch = [*[Example(text, (0.0, 1.0, *[0.0] * (LENGTH - 2))) for text in texts], *large]
    chunk = 100 * TOKENS  # all logits of a micro-batch at once
    config = BackendConfig(device="cpu", threads=1, micro_batch_tokens=TOKENS, sample_batch=ROWS, logit_chunk=chunk)
    backend = open_backend(config, folder if folder.exists() else widened(tiny, folder), seed=0)
    tokens, rows = backend._micro_batch_tokens, backend._sample_batch

    def begin() -> None:
        backend.restore(folder)
        backend.begin_training(OPTIMISER, steps=2)
        backend.update(batch[:1], NLL())  # the optimiser's state is there before memory gets short

    def twice(call: Callable[[], T], limit: MemoryLimit, megabytes: int) -> tuple[T, T, int]:
        """(short of memory, with memory enough and the limit that was left, that limit)."""
        begin()
        with only(megabytes):
            first = call()
        left = limit.value
        begin()
        return first, call(), left

    def update() -> tuple[Metrics, list[Tensor]]:
        metrics = backend.update(batch, NLL())
        return metrics, [weight.detach().clone() for weight in backend._policy.parameters()]

    (metrics, weights), (calm, calm_weights), left = twice(update, tokens, for_update)
    got: dict[str, object] = {
        "update": {
            "limit": left,
            "retries": [metrics.extra.get("out_of_memory_retries"), calm.extra.get("out_of_memory_retries")],
            "figures": max(abs(metrics.loss - calm.loss), abs(metrics.grad_norm - calm.grad_norm)),
            "weights": largest(weights, calm_weights),
        }
    }
    tokens.value = TOKENS
    scores, calm_scores, left = twice(lambda: backend.score(texts), tokens, for_score)
    got["score"] = {"limit": left, "logprobs": largest(scores, calm_scores)}
    done: list[int] = []
    sampling = Sampling(max_new_tokens=3, n=ROWS, seed=1)
    samples, calm_samples, left = twice(
        lambda: backend.generate([texts[0][:8]], sampling, lambda count, _: done.append(count)), rows, for_generate
    )
    got["generate"] = {"limit": left, "same": samples == calm_samples, "done": done[-1], "of": ROWS}
    if backend.world_size == 1:  # a rank that gives up leaves the others waiting
        begin()
        try:
            with only(10):
                backend.update(large, NLL())
        except RunError as error:
            got["refused"] = str(error)
    if backend.rank == 0:
        print(json.dumps(got))


def largest(one: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    """The largest difference."""
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:6]))
