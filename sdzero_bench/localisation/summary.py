"""Figures of scored responses: how concentrated the KL mass is, right responses against wrong ones.

Example: {"wrong": {"responses": 77, "top_share": 0.41, "top_share_low": 0.37, ..., "by_rank": [0.41, 0.2, ...]},
"right": {...}, "difference": {"top_share": 0.12, "low": 0.07, "high": 0.17, "p_value": 1e-6}, ...}.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sdzero_bench.intervals import NO_SPREAD
from sdzero_bench.localisation.mass import BINS, mass_by_rank
from sdzero_bench.localisation.rewards import ScoredResponse
from sdzero_bench.statistics import Estimate, clustered_mean

VERDICTS = {"wrong": 0, "right": 1}


def summarise_localisation(scored: Sequence[ScoredResponse], left_out: int, confidence: float) -> dict[str, Any]:
    """Shares of the mass in the top 5 % of the tokens, and by rank, with intervals over questions.

    difference: wrong minus right, Welch's t interval (one response a question, so responses are independent); None
    where a side has fewer than two. left_out: responses that did not fit into the reviser's context.
    """
    summary: dict[str, Any] = {"responses": len(scored), "left_out": left_out, "bins": BINS, "confidence": confidence}
    tops: dict[str, list[float]] = {}
    for verdict, reward in VERDICTS.items():
        of_verdict = [one for one in scored if one.attempt.reward == reward]
        shares = [(one, by_rank) for one in of_verdict if (by_rank := mass_by_rank(one.rewards))]
        tops[verdict] = [by_rank[0] for _, by_rank in shares]
        questions = [one.attempt.question.id for one, _ in shares]
        figures: dict[str, Any] = {"responses": len(of_verdict), "without_mass": len(of_verdict) - len(shares)}
        figures |= _figures("top_share", tops[verdict], questions, confidence)
        per_token = [float(np.mean(one.rewards)) for one in of_verdict]
        ids = [one.attempt.question.id for one in of_verdict]
        figures |= _figures("reward_per_token", per_token, ids, confidence)
        figures |= _figures("tokens", [len(one.tokens) for one in of_verdict], ids, confidence)
        estimates = [
            clustered_mean([by_rank[bin_] for _, by_rank in shares], questions, confidence) if shares else None
            for bin_ in range(BINS)
        ]
        figures["by_rank"] = [one.mean if one else None for one in estimates]
        figures["by_rank_low"] = [_number(one.low) if one else None for one in estimates]
        figures["by_rank_high"] = [_number(one.high) if one else None for one in estimates]
        summary[verdict] = figures
    summary["difference"] = _difference(tops["wrong"], tops["right"], confidence)
    return summary


def _figures(name: str, values: Sequence[float], questions: Sequence[str], confidence: float) -> dict[str, Any]:
    estimate: Estimate | None = clustered_mean(values, questions, confidence) if values else None
    if estimate is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    return {name: estimate.mean, f"{name}_low": _number(estimate.low), f"{name}_high": _number(estimate.high)}


def _difference(wrong: Sequence[float], right: Sequence[float], confidence: float) -> dict[str, float] | None:
    if min(len(wrong), len(right)) < 2 or np.std(wrong) + np.std(right) < NO_SPREAD:
        return None
    from scipy.stats import ttest_ind

    test = ttest_ind(wrong, right, equal_var=False)
    interval = test.confidence_interval(confidence)
    return {
        "top_share": float(np.mean(wrong) - np.mean(right)),
        "low": float(interval.low),
        "high": float(interval.high),
        "p_value": float(test.pvalue),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value  # nan is not JSON
