"""Which samples to draw, and completions from what was drawn.

Example: 3 prompts with n=2 are 6 rows (0, 0), (0, 1), (1, 0), ...: (which prompt, which sample of it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sdzero_bench.backend import Progress
from sdzero_bench.types import Completion, FinishReason, TokenIds

Row = tuple[int, int]  # (which prompt, which sample of it)


def rows_of(prompts: Sequence[TokenIds], n: int) -> list[Row]:
    """n rows a prompt. A prompt given twice goes on counting, so that its samples differ."""
    rows: list[Row] = []
    samples: Counter[TokenIds] = Counter()
    for prompt, tokens in enumerate(prompts):
        rows += [(prompt, samples[tokens] + sample) for sample in range(n)]
        samples[tokens] += n
    return rows


def dealt_out(rows: Sequence[Row], prompts: Sequence[TokenIds], part: int, parts: int) -> list[Row]:
    """One part's rows, dealt out by prompt length so that parts get like work."""
    return sorted(rows, key=lambda row: len(prompts[row[0]]))[part::parts]


def counter(progress: Progress | None, parts: int, total: int) -> Callable[[int], None]:
    """To be called with how many rows of one part ended; tells `progress` about all of them, parts being alike."""
    done = 0

    def on_finished(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(min(done * parts, total), total)

    return on_finished


def completions_by_prompt(
    count: int, sampled: Iterable[tuple[Row, TokenIds]], tokenizer: Any, eos_ids: frozenset[int]
) -> list[list[Completion]]:
    """The completions of `count` prompts, in order of sample."""
    completions: list[list[Completion]] = [[] for _ in range(count)]
    for (prompt, _), tokens in sorted(sampled):
        completions[prompt].append(_completion(tokens, tokenizer, eos_ids))
    return completions


def _completion(token_ids: TokenIds, tokenizer: Any, eos_ids: frozenset[int]) -> Completion:
    stopped = bool(token_ids) and token_ids[-1] in eos_ids
    text = tokenizer.decode(token_ids, skip_special_tokens=True)
    return Completion(token_ids, text, FinishReason.STOP if stopped else FinishReason.LENGTH)
