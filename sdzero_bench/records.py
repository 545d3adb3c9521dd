"""Attempts and revision traces as Parquet rows, and back.

Example row: question_id "arithmetic/train/3+7", role "revision", draft 4 (row of the draft in its own file), text
"3 + 7 = 10 ; so \\boxed{10}", token_ids [..], finish_reason "stop", reward 1, extracted "10", length 14.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sdzero_bench.types import Attempt, Completion, FinishReason, Question, RevisionTrace, Verdict

SCHEMA = pa.schema(
    [
        ("question_id", pa.string()),
        ("role", pa.string()),  # draft, revision, response, evaluation
        ("step", pa.int32()),  # update of an on-policy phase, from 0; null elsewhere
        ("draft", pa.int32()),  # for revisions: the draft's row among the phase's drafts
        ("control_phrase", pa.string()),  # for revisions
        ("text", pa.string()),
        ("token_ids", pa.list_(pa.int32())),
        ("finish_reason", pa.string()),
        ("length", pa.int32()),  # tokens sampled
        ("reward", pa.int8()),
        ("extracted", pa.string()),
        ("reason", pa.string()),
        (
            "parts",
            pa.string(),
        ),  # verdicts by part of the tests, as JSON: {"base": 1, "plus": 0}; null where there are none
    ]
)

LONGEST_ANSWER = 2000  # characters


def row(attempt: Attempt, role: str, step: int | None = None, **more: Any) -> dict[str, Any]:
    """One attempt as a row of SCHEMA."""
    completion, verdict = attempt.completion, attempt.verdict
    return {
        "question_id": attempt.question.id,
        "role": role,
        "step": step,
        "draft": None,
        "control_phrase": None,
        "text": completion.text,
        "token_ids": list(completion.token_ids),
        "finish_reason": completion.finish_reason.value,
        "length": completion.length,
        "reward": verdict.reward,
        "extracted": verdict.extracted,
        "reason": verdict.reason,
        "parts": json.dumps(dict(verdict.parts)) if verdict.parts else None,
        **more,
    }


def question_row(question: Question) -> dict[str, Any]:
    """What a question asks: {"id": ..., "messages": [{"role": "user", "content": ...}], "answer": "204"}.

    The gold answer is None where it is long: tests of programs take megabytes.
    """
    answer = question.answer if len(question.answer) <= LONGEST_ANSWER else None
    return {"id": question.id, "messages": [dict(message) for message in question.messages], "answer": answer}


def revision_rows(traces: Sequence[RevisionTrace], drafts: Sequence[Attempt]) -> list[dict[str, Any]]:
    """Revisions as rows that point at the rows of their drafts."""
    index = {id(draft): number for number, draft in enumerate(drafts)}
    return [
        row(trace.revision, "revision", draft=index[id(trace.draft)], control_phrase=trace.control_phrase)
        for trace in traces
    ]


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows; the caller makes it atomic."""
    pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMA), path)


def read_attempts(path: Path, questions: Mapping[str, Question]) -> list[Attempt]:
    """Attempts in file order."""
    return [_attempt(record, questions) for record in pq.read_table(path).to_pylist()]


def read_revisions(path: Path, drafts: Sequence[Attempt]) -> list[RevisionTrace]:
    """Traces in file order; `drafts` as they were when written."""
    traces = []
    for record in pq.read_table(path).to_pylist():
        draft = drafts[record["draft"]]
        revision = _attempt(record, {draft.question.id: draft.question})
        traces.append(RevisionTrace(draft, record["control_phrase"], revision))
    return traces


def _attempt(record: Mapping[str, Any], questions: Mapping[str, Question]) -> Attempt:
    return Attempt(
        questions[record["question_id"]],
        Completion(tuple(record["token_ids"]), record["text"], FinishReason(record["finish_reason"])),
        Verdict(
            record["reward"],
            record["extracted"],
            record["reason"],
            json.loads(record["parts"]) if record["parts"] else {},
        ),
    )
