"""Losses straight from the equations, on whole float64 logits of plain transformers: one sequence at a time, no chunks.

Example: `nll(model, batch)` of two examples with 5 and 7 counted tokens is the sum of 12 surprisals divided by 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from sdzero_bench.examples import Batch, Example
from sdzero_bench.types import TokenIds


def log_distributions(model: Any, tokens: TokenIds, temperature: float = 1.0) -> Tensor:
    """float64 [T - 1, V]: entry i is the log-distribution of tokens[i + 1]."""
    logits = model(input_ids=torch.tensor([tokens])).logits[0, :-1].double()
    return (logits / temperature).log_softmax(-1)


def logprobs(model: Any, tokens: TokenIds, temperature: float = 1.0) -> Tensor:
    """float64 [T]: log-probability of every token; 0 for the first."""
    picked = log_distributions(model, tokens, temperature).gather(-1, torch.tensor(tokens[1:]).unsqueeze(-1))
    return torch.cat([torch.zeros(1, dtype=torch.float64), picked.squeeze(-1)])


def nll(model: Any, batch: Batch) -> Tensor:
    """Weighted mean of the counted tokens' surprisal."""
    total = sum(-(_weights(example) * logprobs(model, example.tokens)).sum() for example in batch)
    return torch.as_tensor(total) / sum(sum(example.weights) for example in batch)


def reverse_kl(model: Any, teacher: Any, batch: Batch) -> Tensor:
    """Mean over sequences of sum_t KL(student || teacher): L_SD of the paper. The counted tokens are the last ones."""
    sums = []
    for example in batch:
        count = example.counted
        if not count:
            continue
        student_log = log_distributions(model, example.tokens)[-count:]
        with torch.no_grad():
            teacher_log = log_distributions(teacher, example.teacher_tokens or example.tokens)[-count:]
        sums.append((student_log.exp() * (student_log - teacher_log)).sum())
    return torch.stack(sums).sum() / len(batch)


def dapo(model: Any, batch: Sequence[Example], clip_low: float, clip_high: float) -> Tensor:
    """The clipped surrogate with decoupled bounds, averaged over all counted tokens of the batch."""
    total = torch.zeros((), dtype=torch.float64)
    for example in batch:
        ratio = (logprobs(model, example.tokens) - torch.tensor(example.old_logprobs).double()).exp()
        clipped = ratio.clamp(1 - clip_low, 1 + clip_high)
        surrogate = torch.minimum(ratio * example.advantage, clipped * example.advantage)
        total = total - (surrogate * (_weights(example) != 0)).sum()
    return total / sum(example.counted for example in batch)


def _weights(example: Example) -> Tensor:
    return torch.tensor(example.weights, dtype=torch.float64)
