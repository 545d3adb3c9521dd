"""How long responses are, and how many were cut off: of all, and apart for right and wrong ones.

Example: four responses of 10, 40 (wrong), 20 and 30 (cut off) tokens: mean 25, median 25, 90th percentile 37; the right
ones have a mean of 20 and one of three was cut off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np

from sdzero_bench.types import Attempt, Completion, FinishReason


class LengthUnit(StrEnum):
    """What lengths count. Text that was made elsewhere has characters but no token ids."""

    TOKENS = "tokens"  # as sampled
    CHARACTERS = "characters"  # of the text


def length_of(completion: Completion, unit: LengthUnit) -> int:
    """The completion's length in `unit`."""
    return completion.length if unit is LengthUnit.TOKENS else len(completion.text)


def length_figures(attempts: Sequence[Attempt], unit: LengthUnit) -> dict[str, Any]:
    """`length_unit`, median, 90th percentile, totals and cut-off share, and under "by_verdict" those of each reward.

    What has no responses to be of is None, and so are `tokens_total` and cut-off shares in characters: nothing says why
    such a text ended. The mean of all is not here, it has an interval.
    """
    right = _figures([attempt.completion for attempt in attempts if attempt.reward], unit)
    wrong = _figures([attempt.completion for attempt in attempts if not attempt.reward], unit)
    overall = _figures([attempt.completion for attempt in attempts], unit)
    in_tokens = unit is LengthUnit.TOKENS
    return {
        "length_unit": unit.value,
        "length_median": overall["length_median"],
        "length_p90": overall["length_p90"],
        "length_right": right["length_mean"],
        "length_wrong": wrong["length_mean"],
        "tokens_total": sum(attempt.completion.length for attempt in attempts) if in_tokens else None,
        "truncated_share": overall["truncated_share"],
        "by_verdict": {"right": right, "wrong": wrong},
    }


def _figures(completions: Sequence[Completion], unit: LengthUnit) -> dict[str, float | int | None]:
    lengths = [length_of(completion, unit) for completion in completions]
    cut = [completion.finish_reason is FinishReason.LENGTH for completion in completions]
    return {
        "count": len(completions),
        "length_mean": math.fsum(lengths) / len(lengths) if lengths else None,
        "length_median": float(np.median(lengths)) if lengths else None,
        "length_p90": float(np.percentile(lengths, 90)) if lengths else None,
        "truncated_share": sum(cut) / len(cut) if cut and unit is LengthUnit.TOKENS else None,
    }
