"""What an update trains on: token sequences with a weight for every token, and where needed a teacher's sequence.

Example, distilling the response "10 ." of "3 + 7 = ?":
    tokens          <user> 3 + 7 = ? <assistant> 10 . <eos>
    weights         0      0 0 0 0 0 0           1  1 1
    teacher_tokens  <user> 3 + 7 = ? <assistant> 10 . \\n\\n Let me rephrase the above solution. \\n\\n 10 . <eos>
The counted tokens are at the end of both sequences, so one offset, len(teacher_tokens) - len(tokens), aligns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sdzero_bench.types import TokenIds


class Aggregation(StrEnum):
    """How token losses become the loss of one update (over the whole batch, on all ranks together)."""

    TOKEN_MEAN = "token_mean"  # sum over tokens / sum of weights: NLL, DAPO
    SEQUENCE_MEAN = "sequence_mean"  # mean over sequences of each sequence's token mean: classic GRPO
    SEQUENCE_SUM = "sequence_sum"  # mean over sequences of each sequence's token sum: E_y sum_t of the paper's L_SD


@dataclass(frozen=True, slots=True)
class Example:
    """One training sequence. All per-token tuples have len(tokens); entry i is about predicting tokens[i]."""

    tokens: TokenIds
    weights: tuple[float, ...]  # 0: context only. weights[0] must be 0, nothing predicts the first token
    teacher_tokens: TokenIds | None = None  # ends with the same counted tokens as `tokens`
    advantage: float = 0.0  # PolicyGradient
    old_logprobs: tuple[float, ...] | None = None  # PolicyGradient: log-probability when sampled; 0 where weight is 0

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.tokens) or (self.weights and self.weights[0] != 0):
            raise ValueError("weights must have one entry a token, and 0 for the first")

    @property
    def counted(self) -> int:
        """Tokens that carry a loss."""
        return sum(weight != 0 for weight in self.weights)


Batch = Sequence[Example]


def loss_weights(batch: Batch, aggregation: Aggregation) -> list[list[float]]:
    """The weight of every token's loss such that the batch's loss is the plain sum of weight * token loss.

    Returns one list a sequence, of its length. Dividing here, once, over the whole batch makes the loss the same
    for every split into micro-batches and ranks.
    """
    rows = [list(example.weights) for example in batch]
    if aggregation is Aggregation.TOKEN_MEAN:
        total = sum(map(sum, rows))
        return [[weight / total for weight in row] for row in rows] if total else rows
    if aggregation is Aggregation.SEQUENCE_MEAN:
        return [[weight / (sum(row) * len(rows)) if weight else 0.0 for weight in row] for row in rows]
    return [[weight / len(rows) for weight in row] for row in rows]
