"""Batched sampling from a transformers causal LM: sorted by length, finished rows dropped, seeded row by row.

Example: 512 prompts of 20 to 40 tokens, n=1, at most 160 new tokens. Every row draws its uniform numbers in advance
from a generator of its own, named by seed, prompt and sample number: what a row samples never depends on its
neighbours, its place in the call, or how different prompts were split into calls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from sdzero_backends.shared.memory import MemoryLimit
from sdzero_bench.types import Sampling, TokenIds


@torch.no_grad()
def sample_rows(
    model: PreTrainedModel,
    prompts: Sequence[TokenIds],
    samples: Sequence[int],
    sampling: Sampling,
    *,
    eos_ids: frozenset[int],
    pad_id: int,
    context: int,
    batch: MemoryLimit,
    on_finished: Callable[[int], None],
) -> list[TokenIds]:
    """One completion of each prompt. samples: which sample of its prompt each row is, counted from 0.

    Returns the sampled tokens in the order of `prompts`, with the end-of-sequence token where one was sampled; none
    where the prompt already fills the context.
    on_finished is called with the number of rows that have just ended, negative where a batch of rows did not fit in
    memory and is sampled again. batch: how many rows are sampled together.
    """
    order = sorted(
        (row for row in range(len(prompts)) if len(prompts[row]) < context), key=lambda row: len(prompts[row])
    )
    on_finished(len(prompts) - len(order))
    completions: list[TokenIds] = [()] * len(prompts)
    ended = 0  # rows of the batch under way

    def count(finished: int) -> None:
        nonlocal ended
        ended += finished
        on_finished(finished)

    while order:

        def attempt(left: Sequence[int] = order) -> list[TokenIds]:
            nonlocal ended
            ended, rows = 0, left[: batch.value]
            with batch.around(len(rows), len(rows)):
                return _sample_batch(
                    model, [prompts[row] for row in rows], [samples[row] for row in rows], sampling,
                    eos_ids, pad_id, context, count,
                )  # fmt: skip

        sampled, _ = batch.until_it_fits(attempt, undo=lambda: on_finished(-ended))
        for row, tokens in zip(order, sampled, strict=False):  # as many as fitted
            completions[row] = tokens
        order = order[len(sampled) :]
    return completions


def _sample_batch(
    model: PreTrainedModel,
    prompts: Sequence[TokenIds],
    samples: Sequence[int],
    sampling: Sampling,
    eos_ids: frozenset[int],
    pad_id: int,
    context: int,
    on_finished: Callable[[int], None],
) -> list[TokenIds]:
    device = model.device
    width = max(map(len, prompts))
    limits = [min(sampling.max_new_tokens, context - len(prompt)) for prompt in prompts]
    steps = max(limits)
    uniform = _uniform_numbers(prompts, samples, sampling, steps).to(device) if sampling.temperature > 0 else None
    tokens = torch.tensor([[pad_id] * (width - len(p)) + list(p) for p in prompts], device=device)  # [B, width]
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    eos = torch.tensor(sorted(eos_ids), device=device)
    limit = torch.tensor(limits, device=device)
    cache: Any = DynamicCache(config=model.config)
    live = torch.arange(len(prompts), device=device)  # which prompt each row of the batch is
    running = torch.ones(len(prompts), dtype=torch.bool, device=device)
    sampled = torch.full((len(prompts), steps), pad_id, device=device)
    lengths = torch.zeros(len(prompts), dtype=torch.long, device=device)

    for step in range(steps):
        logits = model(
            input_ids=tokens, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]  # [B, V]  # fmt: skip
        drawn = _draw(logits, sampling, None if uniform is None else uniform[live, step])  # [B]
        active = live[running]
        sampled[active, step] = drawn[running]
        lengths[active] = step + 1
        ended = running & (torch.isin(drawn, eos) | (step + 1 >= limit[live]))
        if count := int(ended.sum()):
            on_finished(count)
            running = running & ~ended
            if not running.any():
                break
            if running.float().mean() < 0.75:  # copying the cache costs, so drop finished rows a quarter at a time
                keep = running.nonzero().squeeze(-1)
                cache.batch_select_indices(keep)
                live, drawn, mask, positions = live[keep], drawn[keep], mask[keep], positions[keep]
                running = running[keep]
        tokens = drawn.unsqueeze(-1)
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=-1)
        positions = positions[:, -1:] + 1
    return [tuple(row[:length]) for row, length in zip(sampled.tolist(), lengths.tolist(), strict=True)]


def _draw(logits: Tensor, sampling: Sampling, uniform: Tensor | None) -> Tensor:
    """One token a row by inverting the cumulative distribution at `uniform` ([B]); greedy without it."""
    if uniform is None:
        return logits.argmax(-1)
    probabilities = (logits.float() / sampling.temperature).softmax(-1)
    if sampling.top_p >= 1:
        return _invert(probabilities.cumsum(-1), uniform)
    ordered, tokens = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    ordered = ordered.masked_fill(before >= sampling.top_p, 0.0)  # the smallest set with at least top_p of the mass
    return tokens.gather(-1, _invert(ordered.cumsum(-1), uniform).unsqueeze(-1)).squeeze(-1)


def _invert(cumulative: Tensor, uniform: Tensor) -> Tensor:
    threshold = (uniform * cumulative[:, -1]).unsqueeze(-1)
    drawn = torch.searchsorted(cumulative, threshold, right=True).squeeze(-1)
    # `right` skips tokens of probability 0; the clamp is for a threshold rounded up to the total.
    last = (cumulative < cumulative[:, -1:]).sum(-1)
    return torch.minimum(drawn, last)


def _uniform_numbers(prompts: Sequence[TokenIds], samples: Sequence[int], sampling: Sampling, steps: int) -> Tensor:
    """float32 [B, steps]. A row's first numbers do not depend on `steps`, which its neighbours have a part in."""
    rows = []
    for prompt, sample in zip(prompts, samples, strict=True):
        digest = hashlib.blake2b(f"{sampling.seed}:{sample}:{prompt}".encode(), digest_size=8).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
        rows.append(torch.rand(steps, generator=generator))
    return torch.stack(rows)
