"""The authors' cleaning of revision traces (a setting, off by default: the paper does not mention it).

Example: a revision that ends "... so \\boxed{6} so \\boxed{6} so \\boxed{6}" loses the repeats; one that opens "You're
right, I made a mistake." loses that sentence; a second trace with the same draft and revision is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sdzero_bench.prompts import Prompter, without_eos
from sdzero_bench.types import RevisionTrace, TokenIds

FLATTERY = re.compile(
    r"\s*(you(?:['’]| a)re (?:absolutely )?right|i apologi[sz]e|sorry|thank you|"
    r"(?:great|good) (?:point|question|catch))\b",
    re.IGNORECASE,
)
MAX_PERIOD = 128  # tokens of the longest repeated unit looked for
MIN_REPEATS = 3


def clean_traces(traces: Sequence[RevisionTrace], prompter: Prompter) -> list[RevisionTrace]:
    """Traces with repeated tails and flattering openings cut from the revision, without duplicates."""
    seen: set[tuple[str, TokenIds, TokenIds]] = set()
    cleaned = []
    for trace in traces:
        completion = trace.revision.completion
        body = without_eos(completion)
        end = completion.token_ids[len(body) :]
        kept = cut_repeated_tail(cut_flattery(body, prompter))
        key = (trace.draft.question.id, trace.draft.completion.token_ids, kept)
        if not kept or key in seen:
            continue
        seen.add(key)
        if kept != body:
            completion = replace(completion, token_ids=(*kept, *end), text=prompter.decode(kept))
            trace = replace(trace, revision=replace(trace.revision, completion=completion))
        cleaned.append(trace)
    return cleaned


def cut_repeated_tail(tokens: TokenIds) -> TokenIds:
    """One copy of a unit that the sequence repeats three times or more at its end."""
    for period in range(1, min(MAX_PERIOD, len(tokens) // MIN_REPEATS) + 1):
        unit = tokens[-period:]
        repeats = 1
        while tokens[-(repeats + 1) * period : -repeats * period] == unit:
            repeats += 1
        if repeats >= MIN_REPEATS:
            return tokens[: len(tokens) - (repeats - 1) * period]
    return tokens


def cut_flattery(tokens: TokenIds, prompter: Prompter) -> TokenIds:
    """Without the first sentence where that flatters or apologises; token boundaries are respected."""
    text = prompter.decode(tokens)
    if not FLATTERY.match(text):
        return tokens
    for end in range(1, len(tokens)):
        if re.search(r"[.!\n]\s*$", prompter.decode(tokens[:end])):
            return tokens[end:]
    return tokens
