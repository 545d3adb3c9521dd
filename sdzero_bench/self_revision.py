"""How often responses revise themselves: occurrences of phrases such as "wait" (Figure 6 of the paper).

Example: in "3 + 7 = 11 Wait, let me start over. WAIT: 10" the phrase "wait" occurs twice, "let me start over" once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any


def self_revision_figures(texts: Sequence[str], phrases: Sequence[str]) -> dict[str, Any]:
    """Shares of the texts, and mean occurrences in a text, of any phrase and of each.

    {"self_revision_share", "self_revisions_per_response", "keywords": {phrase: {"share", "per_response"}}}. A phrase is
    whole words in any case ("predominantly" holds "redo", "await" holds "wait") with any white space between them:
    lines break. Occurrences that overlap count for each of their phrases, but as one of any. 0 without phrases.
    """
    patterns = {phrase: _pattern(phrase) for phrase in phrases if phrase.strip()}
    counts: dict[str, list[int]] = {phrase: [] for phrase in patterns}
    any_counts: list[int] = []
    for text in texts:
        lowered, spans = text.lower(), []
        for phrase, pattern in patterns.items():
            found = [match.span() for match in pattern.finditer(lowered)]
            counts[phrase].append(len(found))
            spans += found
        any_counts.append(_separate(spans))
    return {
        "self_revision_share": _share(any_counts),
        "self_revisions_per_response": _mean(any_counts),
        "keywords": {
            phrase: {"share": _share(found), "per_response": _mean(found)} for phrase, found in counts.items()
        },
    }


def _pattern(phrase: str) -> re.Pattern[str]:
    # The look-behind stands after the first word: a pattern that begins with letters is searched much faster.
    first, *others = (re.escape(word) for word in phrase.lower().split())
    return re.compile(r"\s+".join([rf"{first}(?<!\w{first})", *others]) + r"(?!\w)")


def _separate(spans: list[tuple[int, int]]) -> int:
    """How many stretches of text the spans cover."""
    count, covered = 0, 0
    for start, end in sorted(spans):
        count += start >= covered
        covered = max(covered, end)
    return count


def _share(counts: Sequence[int]) -> float:
    return _mean([count > 0 for count in counts])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
