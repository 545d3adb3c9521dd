"""From judged samples to the figures of an evaluation: flat dictionaries that go into JSON and into tables.

Example: two questions, two samples each; three of the four boxed the right answer, one was cut off without any:

    summarise(attempts, config)
    {"questions": 2, "k": 2, "accuracy": 0.75, "accuracy_low": ..., "pass_at_k": 1.0, "length_mean": 35.5,
     "truncated_share": 0.25, "no_answer_share": 0.25, ...}

Shares and accuracies are between 0 and 1, lengths are sampled tokens. None stands for "nothing to average".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from sdzero_bench.config import EvaluationConfig
from sdzero_bench.statistics import NO_SPREAD, Estimate, clustered_mean, paired_difference, pass_at_k
from sdzero_bench.types import Attempt, FinishReason, RevisionTrace

Summary: TypeAlias = dict[str, float | int | None]


def summarise(attempts: Sequence[Attempt], config: EvaluationConfig) -> Summary:
    """Accuracy, pass@k and lengths of k attempts at each of some questions, intervals clustered by question.

    `accuracy` is avg@k; `pass_at_1`, `pass_at_2`, `pass_at_4`, ... go up to k and `pass_at_k` is the one at k itself.
    Raises ValueError without attempts, or where questions have different numbers of them.
    """
    ids = [attempt.question.id for attempt in attempts]
    right = _rewards_by_question(attempts)
    counts = {len(rewards) for rewards in right.values()}
    if len(counts) != 1:
        raise ValueError(f"every question needs the same number of attempts (one or more), got {sorted(counts)}")
    k = counts.pop()
    lengths = [attempt.completion.length for attempt in attempts]
    completions = [attempt.completion for attempt in attempts]
    revises = _phrase_pattern(config.self_revision_words)
    passes = {j: float(np.mean([pass_at_k(k, sum(rewards), j) for rewards in right.values()])) for j in _powers(k)}
    summary: Summary = {"questions": len(right), "k": k, "confidence": config.confidence}
    summary |= _with_interval("accuracy", clustered_mean([a.reward for a in attempts], ids, config.confidence))
    summary |= {"pass_at_k": passes[k]} | {f"pass_at_{j}": passes[j] for j in passes}
    summary |= _with_interval("length_mean", clustered_mean(lengths, ids, config.confidence))
    return summary | {
        "length_median": float(np.median(lengths)),
        "length_p90": float(np.percentile(lengths, 90)),
        "length_right": _mean([a.completion.length for a in attempts if a.reward]),
        "length_wrong": _mean([a.completion.length for a in attempts if not a.reward]),
        "tokens_total": sum(lengths),
        "truncated_share": _mean([c.finish_reason is FinishReason.LENGTH for c in completions]),
        "self_revision_share": _mean([revises is not None and bool(revises.search(c.text)) for c in completions]),
        "no_answer_share": _mean([a.verdict.extracted is None for a in attempts]),
    }


def per_question_accuracy(attempts: Sequence[Attempt]) -> dict[str, float]:
    """Question id -> mean reward of its attempts: what paired comparisons between methods need."""
    return {question: sum(rewards) / len(rewards) for question, rewards in _rewards_by_question(attempts).items()}


def summarise_revisions(traces: Sequence[RevisionTrace], config: EvaluationConfig) -> Summary:
    """Generate-then-revise (Table 9 of the paper): drafts against their revisions, on the same questions.

    `gain` is revision minus draft accuracy, paired by question; `wrong_corrected` and `right_kept` are shares of the
    traces with a wrong and with a right draft (`drafts_wrong` and `drafts_right` of them).
    Raises ValueError without traces.
    """
    drafts, revisions = [trace.draft for trace in traces], [trace.revision for trace in traces]
    ids = [draft.question.id for draft in drafts]
    confidence = config.confidence
    by_draft: dict[int, list[int]] = {0: [], 1: []}
    for draft, revision in zip(drafts, revisions, strict=True):
        by_draft[draft.reward].append(revision.reward)
    gain = paired_difference(per_question_accuracy(revisions), per_question_accuracy(drafts), confidence)
    summary: Summary = {"questions": len(set(ids)), "confidence": confidence}
    summary |= _with_interval("draft_accuracy", clustered_mean([d.reward for d in drafts], ids, confidence))
    summary |= _with_interval("revision_accuracy", clustered_mean([r.reward for r in revisions], ids, confidence))
    summary |= {
        "drafts_wrong": len(by_draft[0]),
        "drafts_right": len(by_draft[1]),
        "wrong_corrected": _mean(by_draft[0]),
        "right_kept": _mean(by_draft[1]),
        "draft_length": clustered_mean([d.completion.length for d in drafts], ids, confidence).mean,
        "revision_length": clustered_mean([r.completion.length for r in revisions], ids, confidence).mean,
    }
    return summary | _with_interval("gain", gain.estimate) | {"gain_p": _or_none(gain.p_value)}


def reviser_verdict(summary: Mapping[str, float | int | None]) -> tuple[bool, str]:
    """Whether revisions are better than drafts (gain > 0), and one sentence for people, from `summarise_revisions`.

    Beyond noise means p < 1 - confidence in the paired t-test.
    """
    figures = {name: value for name, value in summary.items() if value is not None}
    gain, confidence, questions = figures["gain"], figures["confidence"], figures["questions"]
    beyond_noise = figures.get("gain_p", 1.0) < 1 - confidence
    if "gain_low" in figures:
        low, high = (100 * figures[name] for name in ("gain_low", "gain_high"))
        interval = f"{100 * confidence:g}% interval {low:+.1f} to {high:+.1f}, {questions} questions"
    else:
        interval = "no interval from a single question"
    detail = (
        f"drafts {100 * figures['draft_accuracy']:.1f}% right, revisions {100 * figures['revision_accuracy']:.1f}%, "
        f"a gain of {100 * gain:+.1f} points ({interval})"
    )
    if gain > NO_SPREAD:
        qualifier = "" if beyond_noise else ", but within noise"
        return True, f"the reviser is better than the generator{qualifier}: {detail}"
    qualifier = ", and worse beyond noise" if beyond_noise else ""
    return False, f"the reviser is no better than the generator{qualifier}: {detail}"


def _rewards_by_question(attempts: Sequence[Attempt]) -> dict[str, list[int]]:
    rewards: dict[str, list[int]] = {}
    for attempt in attempts:
        rewards.setdefault(attempt.question.id, []).append(attempt.reward)
    return rewards


def _phrase_pattern(phrases: Sequence[str]) -> re.Pattern[str] | None:
    # Whole words: "predominantly" holds "redo", "await" holds "wait". Any white space between words: lines break.
    words = ["\\s+".join(map(re.escape, phrase.split())) for phrase in phrases if phrase.strip()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE) if words else None


def _powers(k: int) -> list[int]:
    return sorted({2**exponent for exponent in range(k.bit_length()) if 2**exponent <= k} | {k})


def _with_interval(name: str, estimate: Estimate) -> Summary:
    return {name: estimate.mean, f"{name}_low": _or_none(estimate.low), f"{name}_high": _or_none(estimate.high)}


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value  # nan is not JSON
