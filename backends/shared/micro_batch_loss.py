"""The loss of one padded micro-batch, and the log-probabilities of one, from a transformers model.

Example: 20 examples of at most 800 tokens, 5,000 of which carry a loss: hidden states [20, 800, D] shrink to [5000, D]
before the output head sees them, `chunk` tokens at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from sdzero_backends.shared.loading import hidden_states
from sdzero_backends.shared.micro_batches import counted_tokens, pad
from sdzero_bench.examples import Example
from sdzero_bench.objectives import Objective, pieces_of, token_logprobs, weighted_loss
from sdzero_bench.types import TokenIds


def micro_batch_loss(
    policy: PreTrainedModel,
    teacher: PreTrainedModel | None,
    examples: Sequence[Example],
    weights: Sequence[Sequence[float]],
    objective: Objective,
    pad_id: int,
    chunk: int,
    pieces: int = 1,
) -> tuple[Tensor, dict[str, float]]:
    """Sum over the examples' tokens of weight * loss (a scalar with gradient), and the objective's other figures.

    pieces: as in `weighted_loss`.
    """
    device = policy.device
    counted = counted_tokens(examples, weights, device)
    ids, mask = pad([example.tokens for example in examples], pad_id, device)
    hidden_ND = hidden_states(policy, ids, mask)[counted.rows_N, counted.student_N]
    teacher_head, teacher_ND = None, None
    if objective.needs_teacher:
        if teacher is None:
            raise RuntimeError("call freeze_teacher before using the teacher")
        teacher_head = teacher.get_output_embeddings()
        with torch.no_grad():
            ids, mask = pad([example.teacher_tokens or example.tokens for example in examples], pad_id, device)
            teacher_ND = hidden_states(teacher, ids, mask)[counted.rows_N, counted.teacher_N]
    return weighted_loss(
        objective,
        policy.get_output_embeddings(),
        hidden_ND,
        counted.weights_N,
        counted.targets,
        teacher_head,
        teacher_ND,
        chunk,
        pieces,
    )


@torch.no_grad()
def micro_batch_logprobs(
    model: PreTrainedModel, sequences: Sequence[TokenIds], temperature: float, pad_id: int, chunk: int, pieces: int = 1
) -> list[list[float]]:
    """Log-probability of every token given those before it, 0 for the first; logits / temperature first.

    pieces: calls of the output head to make at least, as in `weighted_loss`.
    """
    head = model.get_output_embeddings()
    ids, mask = pad(sequences, pad_id, model.device)
    hidden = hidden_states(model, ids, mask)[:, :-1].flatten(0, 1)  # [B*(T-1), D]
    targets = ids[:, 1:].flatten()
    pieces = max(pieces, pieces_of(len(hidden), chunk))
    logprobs = torch.cat([
        token_logprobs(head(hidden[start : start + chunk]).float() / temperature, targets[start : start + chunk])
        for start in range(0, pieces * chunk, chunk)
    ])  # fmt: skip
    return [
        [0.0, *row[: len(tokens) - 1]]
        for tokens, row in zip(sequences, logprobs.view(len(sequences), -1).tolist(), strict=True)
    ]
