"""Small hand-made attempts and results that the tests of summaries, tables and plots share."""

from __future__ import annotations

from collections.abc import Sequence

from sdzero_bench.config import EvaluationConfig
from sdzero_bench.evaluation_summary import per_question_accuracy, summarise, summarise_revisions
from sdzero_bench.method_results import MethodResult, RoundResult
from sdzero_bench.types import Attempt, Completion, FinishReason, Question, RevisionTrace, Verdict

CONFIG = EvaluationConfig(k=2)


def attempt(
    question: str,
    reward: int,
    length: int = 4,
    text: str = "3 + 7 = 10",
    extracted: str | None = "10",
    cut: bool = False,
) -> Attempt:
    """One judged completion of `length` tokens."""
    reason = FinishReason.LENGTH if cut else FinishReason.STOP
    return Attempt(
        Question(question, ({"role": "user", "content": "3 + 7 = ?"},), "10"),
        Completion(tuple(range(length)), text, reason),
        Verdict(reward, extracted, "equal" if reward else "not equal"),
    )


def attempts(rewards: Sequence[Sequence[int]], length: int = 30) -> list[Attempt]:
    """One inner sequence of rewards a question; lengths vary by question and sample."""
    return [
        attempt(f"q{q}", reward, length + q % 5 + 2 * sample)
        for q, row in enumerate(rewards)
        for sample, reward in enumerate(row)
    ]


def accuracy_rows(right: int, questions: int = 40) -> list[list[int]]:
    """Two samples a question: both right on the first `right` questions, one right on every third of the rest."""
    return [[1, 1] if q < right else [int(q % 3 == 0), 0] for q in range(questions)]


def state(number: int, right: int, length: int = 30, revise: bool = False, notes: Sequence[str] = ()) -> RoundResult:
    """What is known after round `number`, made by the real summaries."""
    judged = attempts(accuracy_rows(right), length)
    revised = attempts(accuracy_rows(right + 6), length + 3)
    traces = [RevisionTrace(draft, "Wait", after) for draft, after in zip(judged, revised, strict=True)]
    return RoundResult(
        number,
        summarise(judged, CONFIG),
        summarise_revisions(traces, CONFIG) if revise else None,
        None,
        {
            "samples": 4560 * number,
            "sampled_tokens": 182_345 * number,
            "updates": 97 * number,
            "trained_tokens": 1_223_001 * number,
        },
        notes,
        per_question_accuracy(judged),
    )


def method(name: str, right: Sequence[int], length: int = 30, seed: int = 0, revise: bool = False) -> MethodResult:
    """A run whose round r is right on `right[r]` of 40 questions."""
    return MethodResult(
        name, name, seed, [state(number, count, length + number, revise) for number, count in enumerate(right)]
    )


def five_methods() -> list[MethodResult]:
    """Five methods, the base and three rounds: rft ahead of all at the end."""
    return [
        method("sdzero", (8, 12, 16, 18), 34, revise=True),
        method("grpo", (8, 10, 12, 13)),
        method("rft", (8, 16, 24, 34), 44),
        method("sft", (8, 11, 12, 12)),
        method("sdft", (8, 8, 9, 9), 27),
    ]
