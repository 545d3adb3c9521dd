"""Log-likelihood of continuations, and whether greedy decoding would have written them.

Example: after "Question: 2 + 2 = ? Answer:" the continuation " 4" has log-likelihood -0.22 and is greedy.

A backend scores given tokens only, so that a token is the likeliest is known at once above one half; below, one greedy
token after the same prefix decides. Continuations of one context share their first prefix, so this costs a
multiple-choice question about one more forward pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sdzero_bench.errors import UserError
from sdzero_bench.lm_eval_tasks.leader import Leader
from sdzero_bench.types import Sampling, TokenIds

CERTAIN = math.log(0.51)  # above one half by more than rounding
SLICE = 512  # sequences a call and process: bounds what is in flight, and lets progress show

Pair = tuple[Sequence[int], Sequence[int]]  # context and continuation, in tokens


def score_continuations(
    leader: Leader, pairs: Sequence[Pair], progress: Callable[[int, int], None], *, greedy: bool = True
) -> list[tuple[float, bool]]:
    """(log-likelihood of the continuation's tokens, is greedy) of each pair; without `greedy` always False.

    As in lm-eval's hf model the last context_length + 1 tokens are kept: the last one is only predicted.
    """
    sequences: list[TokenIds] = []
    for context, continuation in pairs:
        if not context or not continuation:
            raise ValueError("a context and a continuation need a token or more each")
        if len(continuation) > leader.context_length:
            raise UserError(
                f"lm-eval: an answer of {len(continuation)} tokens does not fit the model's context of "
                f"{leader.context_length}; leave the task out or choose a model with a longer context"
            )
        sequences.append(tuple([*context, *continuation][-(leader.context_length + 1) :]))
    order = sorted(range(len(pairs)), key=lambda i: -len(sequences[i]))  # memory runs out at once or never
    totals = [0.0] * len(pairs)
    uncertain: list[list[int]] = [[] for _ in pairs]
    size = SLICE * leader.world_size
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        for i, logprobs in zip(chosen, leader.score([sequences[i] for i in chosen]), strict=True):
            first = len(sequences[i]) - len(pairs[i][1])
            totals[i] = float(logprobs[first:].sum())
            uncertain[i] = [first + j for j, value in enumerate(logprobs[first:].tolist()) if value < CERTAIN]
        progress(min(start + size, len(order)), len(order))
    likeliest = _are_likeliest(leader, sequences, uncertain) if greedy else [False] * len(pairs)
    return list(zip(totals, likeliest, strict=True))


def _are_likeliest(leader: Leader, sequences: Sequence[TokenIds], positions: Sequence[Sequence[int]]) -> list[bool]:
    """Whether the token at each of these positions is the likeliest one there, in all of them."""
    answers = [True] * len(sequences)
    left = {i: list(of_row) for i, of_row in enumerate(positions) if of_row}
    while left:
        # A prefix that fills the context leaves no room to generate: there its first token is given up.
        prefixes = {i: sequences[i][: of_row[0]][-(leader.context_length - 1) :] for i, of_row in left.items()}
        asked = list(dict.fromkeys(prefixes.values()))
        completions = leader.generate(asked, Sampling(max_new_tokens=1, temperature=0))
        likeliest = {prefix: completion.token_ids[0] for prefix, (completion,) in zip(asked, completions, strict=True)}
        for i, prefix in prefixes.items():
            answers[i] = likeliest[prefix] == sequences[i][left[i][0]]
        left = {i: of_row[1:] for i, of_row in left.items() if answers[i] and of_row[1:]}
    return answers
