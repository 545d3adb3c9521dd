"""Evaluation of a policy: k attempts of every question, and generate-then-revise, into figures and kept samples.

Example: 256 questions, k = 2, give `metrics.json` ({"evaluation": {"accuracy": 0.668, ...}, "revision": {...}}),
`samples.parquet` with 512 evaluation rows and 256 revision rows, and `questions.jsonl` with what was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sdzero_bench.config import EvaluationConfig, RunConfig
from sdzero_bench.evaluation_summary import (
    gold_answers,
    per_question_accuracy,
    reviser_verdict,
    summarise,
    summarise_revisions,
)
from sdzero_bench.kept_parts import KeptParts
from sdzero_bench.records import question_row, revision_rows, row, write_rows
from sdzero_bench.rollouts import Rollouts
from sdzero_bench.rounds import sample_cost
from sdzero_bench.rundir import Cost, RunDirectory, write_atomically, write_json, write_lines
from sdzero_bench.seeds import derive
from sdzero_bench.types import Question, Sampling


def evaluate(
    rollouts: Rollouts, questions: Sequence[Question], config: EvaluationConfig, directory: RunDirectory, folder: Path,
    title: str,
) -> dict[str, Any]:  # fmt: skip
    """Evaluate the policy as it is and write `folder`/metrics.json last. Returns what that file holds.

    The first of a question's k attempts is its draft for generate-then-revise. The seeds are the evaluation's own, so
    that every method and round meets the same random numbers. What an interrupted call has sampled is kept.
    """
    parts = KeptParts(rollouts, directory, folder)
    attempts = parts.answers(questions, _sampling(config, config.k, "answer"), f"{title} evaluation")
    rows = [row(attempt, "evaluation") for attempt in attempts]
    record: dict[str, Any] = {
        "task": title,
        "gold": gold_answers(attempts),
        "protocol": config.model_dump(mode="json"),
        "evaluation": summarise(attempts, config),
        "per_question": per_question_accuracy(attempts),
        "revision": None,
    }
    cost = sample_cost(attempts)
    if config.revise:
        drafts = attempts[:: config.k]
        traces = parts.revisions(drafts, _sampling(config, 1, "revise"), f"{title} generate-then-revise")
        rows += revision_rows(traces, drafts)
        record["revision"] = summarise_revisions(traces, config)
        cost.add(sample_cost([trace.revision for trace in traces]))
    cost.seconds = parts.seconds
    rollouts.reporter.say(f"{title}: {_in_words(record, cost)}")
    directory.write(write_lines, folder / "questions.jsonl", map(question_row, questions))
    directory.write(write_atomically, folder / "samples.parquet", lambda path: write_rows(path, rows))
    directory.write(write_json, folder / "metrics.json", {**record, "cost": asdict(cost)})
    parts.remove()
    return record


def measure_reviser(rollouts: Rollouts, questions: Sequence[Question], config: RunConfig) -> dict[str, Any]:
    """Draft and revision accuracy before the reviser teaches: {"better", "verdict", "revision", "cost"}."""
    chosen = questions[: config.sdzero.reviser_questions]
    drafts = rollouts.answer(chosen, _sampling(config.evaluation, 1, "answer"), "reviser check, drafts")
    traces = rollouts.revise(drafts, _sampling(config.evaluation, 1, "revise"), "reviser check, revisions")
    summary = summarise_revisions(traces, config.evaluation)
    better, verdict = reviser_verdict(summary)
    cost = sample_cost(drafts)
    cost.add(sample_cost([trace.revision for trace in traces]))
    return {"better": better, "verdict": verdict, "revision": summary, "cost": cost}


def _in_words(record: dict[str, Any], cost: Cost) -> str:
    figures, revision = record["evaluation"], record["revision"]
    text = f"accuracy {100 * figures['accuracy']:.1f}%, {figures['length_mean']:.1f} tokens a response"
    if revision:
        text += (
            f"; drafts {100 * revision['draft_accuracy']:.1f}% -> revisions {100 * revision['revision_accuracy']:.1f}%"
        )
    return f"{text}; {cost.seconds:.0f} s, {cost.sampled_tokens / max(cost.seconds, 1e-9):,.0f} tokens/s"


def _sampling(config: EvaluationConfig, n: int, purpose: str) -> Sampling:
    return Sampling(config.max_new_tokens, config.temperature, config.top_p, n, derive(config.seed, purpose))
