"""From judged samples to the figures of an evaluation: dictionaries that go into JSON and into tables.

Example: two questions, two samples each; three of the four boxed the right answer, one was cut off without any:

    summarise(attempts, config)
    {"questions": 2, "k": 2, "accuracy": 0.75, "accuracy_low": ..., "pass_at_k": 1.0, "maj_at_k": 1.0,
     "length_mean": 35.5, "truncated_share": 0.25, "by_verdict": {"right": {"count": 3, ...}, "wrong": {...}}, ...}

Shares and accuracies are between 0 and 1. None stands for "nothing to average" and for "unknown".
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from sdzero_bench.config import EvaluationConfig
from sdzero_bench.intervals import NO_SPREAD, Interval
from sdzero_bench.length_summary import LengthUnit, length_figures, length_of
from sdzero_bench.majority import majority_accuracy
from sdzero_bench.self_revision import self_revision_figures
from sdzero_bench.statistics import (
    Estimate,
    clustered_mean,
    clustered_share,
    paired_difference,
    pass_at_k,
    share_of_questions,
)
from sdzero_bench.types import Attempt, RevisionTrace

# Numbers, None, the names of intervals and units; dictionaries of them under "by_verdict", "keywords" and "parts".
Summary: TypeAlias = dict[str, Any]


def summarise(attempts: Sequence[Attempt], config: EvaluationConfig, token_counts: bool = True) -> Summary:
    """Accuracy, pass@k, maj@k and lengths of k attempts at each of some questions, intervals over questions.

    `accuracy` is avg@k, with `accuracy_se` its clustered standard error; `pass_at_1`, `pass_at_2`, `pass_at_4`, ... go
    up to k and `pass_at_k` is the one at k itself; `maj_at_k` is None for code, where samples give no common answer.
    "parts" has accuracy and pass@k by part of the tests; a verdict without its part (the judge timed out) failed it.
    token_counts False: completions made elsewhere, text without token ids. Lengths are then in characters (the figure
    `length_unit` says which), and `tokens_total` and what was cut off are None.
    Raises ValueError without attempts, or where questions have different numbers of them.
    """
    unit = LengthUnit.TOKENS if token_counts else LengthUnit.CHARACTERS
    by_question = _by_question(attempts)
    counts = {len(of_question) for of_question in by_question.values()}
    if len(counts) != 1:
        raise ValueError(f"every question needs the same number of attempts (one or more), got {sorted(counts)}")
    (k,) = counts
    summary: Summary = {"questions": len(by_question), "k": k, "confidence": config.confidence}
    summary |= _passes({name: [a.reward for a in of] for name, of in by_question.items()}, k, config)
    summary |= _majority(by_question, config)
    summary |= _length_mean(attempts, config, unit)
    summary |= length_figures(attempts, unit)
    summary |= self_revision_figures([a.completion.text for a in attempts], config.self_revision_words)
    summary["no_answer_share"] = _mean([a.verdict.extracted is None for a in attempts])
    parts = dict.fromkeys(part for attempt in attempts for part in attempt.verdict.parts)
    summary["parts"] = {
        part: _passes({name: [a.verdict.parts.get(part, 0) for a in of] for name, of in by_question.items()}, k, config)
        for part in parts
    }
    return summary


def gold_answers(attempts: Sequence[Attempt]) -> dict[str, str]:
    """Question id -> its gold answer, or where that is long its SHA-256: tells whether two sets ask the same.

    Example: {"aime24/0": "204", "codeforces/1A": "sha256:9f86d081884c7d65"}.
    """
    return {
        question: answer
        if len(answer) <= 64
        else f"sha256:{hashlib.sha256(answer.encode(errors='surrogatepass')).hexdigest()[:16]}"
        for question, answer in {attempt.question.id: attempt.question.answer for attempt in attempts}.items()
    }


def per_question_accuracy(attempts: Sequence[Attempt]) -> dict[str, float]:
    """Question id -> mean reward of its attempts: what paired comparisons between methods need."""
    return {
        question: sum(attempt.reward for attempt in of_question) / len(of_question)
        for question, of_question in _by_question(attempts).items()
    }


def summarise_revisions(traces: Sequence[RevisionTrace], config: EvaluationConfig) -> Summary:
    """Generate-then-revise (Table 9 of the paper): drafts against their revisions, on the same questions.

    `gain` is revision minus draft accuracy, paired by question; `wrong_corrected` and `right_kept` are shares of the
    traces with a wrong and with a right draft (`drafts_wrong` and `drafts_right` of them).
    Raises ValueError without traces.
    """
    drafts, revisions = [trace.draft for trace in traces], [trace.revision for trace in traces]
    ids = [draft.question.id for draft in drafts]
    confidence, kind = config.confidence, Interval(config.interval)
    by_draft: dict[int, list[int]] = {0: [], 1: []}
    for draft, revision in zip(drafts, revisions, strict=True):
        by_draft[draft.reward].append(revision.reward)
    gain = paired_difference(per_question_accuracy(revisions), per_question_accuracy(drafts), confidence, kind)
    summary: Summary = {"questions": len(set(ids)), "confidence": confidence}
    summary |= _with_interval("draft_accuracy", clustered_share([d.reward for d in drafts], ids, confidence, kind))
    summary |= _with_interval(
        "revision_accuracy", clustered_share([r.reward for r in revisions], ids, confidence, kind)
    )
    summary |= {
        "drafts_wrong": len(by_draft[0]),
        "drafts_right": len(by_draft[1]),
        "wrong_corrected": _mean(by_draft[0]),
        "right_kept": _mean(by_draft[1]),
        "draft_length": clustered_mean([d.completion.length for d in drafts], ids, confidence).mean,
        "revision_length": clustered_mean([r.completion.length for r in revisions], ids, confidence).mean,
    }
    return summary | _with_interval("gain", gain.estimate) | {"gain_p": _or_none(gain.p_value)}


def reviser_verdict(summary: Mapping[str, Any]) -> tuple[bool, str]:
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


def _by_question(attempts: Sequence[Attempt]) -> dict[str, list[Attempt]]:
    by_question: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_question.setdefault(attempt.question.id, []).append(attempt)
    return by_question


def _passes(rewards: Mapping[str, Sequence[int]], k: int, config: EvaluationConfig) -> Summary:
    """avg@k and pass@k from 0 or 1 for each of k samples, by question."""
    kind = Interval(config.interval)
    passes = {j: [pass_at_k(k, sum(of_question), j) for of_question in rewards.values()] for j in _powers(k)}
    accuracy = share_of_questions([sum(of) / k for of in rewards.values()], config.confidence, kind)
    return (
        _with_interval("accuracy", accuracy)
        | {"accuracy_se": _or_none(accuracy.se)}
        | _with_interval("pass_at_k", share_of_questions(passes[k], config.confidence, kind))
        | {f"pass_at_{j}": float(np.mean(of_questions)) for j, of_questions in passes.items()}
    )


def _majority(by_question: Mapping[str, Sequence[Attempt]], config: EvaluationConfig) -> Summary:
    if any(of_question[0].question.domain == "code" for of_question in by_question.values()):
        return _with_interval("maj_at_k", None)
    majorities = [
        majority_accuracy([a.verdict.extracted for a in of_question], [a.reward for a in of_question])
        for of_question in by_question.values()
    ]
    return _with_interval("maj_at_k", share_of_questions(majorities, config.confidence, Interval(config.interval)))


def _length_mean(attempts: Sequence[Attempt], config: EvaluationConfig, unit: LengthUnit) -> Summary:
    lengths, ids = [length_of(a.completion, unit) for a in attempts], [a.question.id for a in attempts]
    return _with_interval("length_mean", clustered_mean(lengths, ids, config.confidence, Interval(config.interval)))


def _powers(k: int) -> list[int]:
    return sorted({2**exponent for exponent in range(k.bit_length()) if 2**exponent <= k} | {k})


def _with_interval(name: str, estimate: Estimate | None) -> Summary:
    if estimate is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high", f"{name}_interval"))
    return {
        name: estimate.mean,
        f"{name}_low": _or_none(estimate.low),
        f"{name}_high": _or_none(estimate.high),
        f"{name}_interval": estimate.interval.value if estimate.interval else None,
    }


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value  # nan is not JSON
