"""Split a batch into padded micro-batches and pick out the hidden states that carry a loss.

Example: 64 examples of 30 to 90 tokens with a budget of 2,048 padded tokens become three micro-batches of like lengths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sdzero_bench.examples import Example
from sdzero_bench.objectives import Targets
from sdzero_bench.types import TokenIds


def by_length(lengths: Sequence[int], padded_tokens: int) -> Iterator[list[int]]:
    """Indices in groups of like lengths, each at most `padded_tokens` when padded (or one sequence)."""
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if group and lengths[group[0]] * (len(group) + 1) > padded_tokens:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def width(example: Example) -> int:
    """Tokens of the longer of an example's sequences."""
    return max(len(example.tokens), len(example.teacher_tokens or ()))


def pad(sequences: Sequence[TokenIds], pad_id: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Right-padded ids and attention mask, int64 [B, T] each."""
    longest = max(map(len, sequences))
    ids = torch.tensor([list(s) + [pad_id] * (longest - len(s)) for s in sequences], device=device)
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences], device=device)
    return ids, mask


@dataclass(frozen=True, slots=True)
class Counted:
    """The N tokens of a micro-batch that carry a loss."""

    rows_N: Tensor  # int64: which sequence
    student_N: Tensor  # int64: the position in the student's sequence that predicts the token
    teacher_N: Tensor  # int64: the same in the teacher's sequence
    weights_N: Tensor  # float32
    targets: Targets


def counted_tokens(examples: Sequence[Example], weights: Sequence[Sequence[float]], device: torch.device) -> Counted:
    """Where the counted tokens of these examples are, and what is known of them."""
    rows, student, teacher, counted_weights, ids, advantages, old = [], [], [], [], [], [], []
    for row, (example, row_weights) in enumerate(zip(examples, weights, strict=True)):
        offset = len(example.teacher_tokens) - len(example.tokens) if example.teacher_tokens else 0
        for position, weight in enumerate(row_weights):
            if weight == 0:
                continue
            rows.append(row)
            student.append(position - 1)  # the hidden state before a token predicts it
            teacher.append(position - 1 + offset)
            counted_weights.append(weight)
            ids.append(example.tokens[position])
            advantages.append(example.advantage)
            if example.old_logprobs is not None:
                old.append(example.old_logprobs[position])
    if old and len(old) != len(ids):
        raise ValueError("either all examples of a batch carry old_logprobs or none does")
    targets = Targets(
        torch.tensor(ids, dtype=torch.long, device=device),
        torch.tensor(advantages, dtype=torch.float32, device=device),
        torch.tensor(old, dtype=torch.float32, device=device) if old else None,
    )
    return Counted(
        torch.tensor(rows, dtype=torch.long, device=device),
        torch.tensor(student, dtype=torch.long, device=device),
        torch.tensor(teacher, dtype=torch.long, device=device),
        torch.tensor(counted_weights, dtype=torch.float32, device=device),
        targets,
    )
