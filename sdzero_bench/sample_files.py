"""Completions made elsewhere, read from a JSON lines file and matched to a task's questions.

Example lines, EvalPlus' format: {"task_id": "HumanEval/0", "solution": "def has_close_elements(...): ..."}; and a plain
one: {"problem": "What is 3 + 7?", "completion": "... so \\boxed{10}", "answer": "10"}. A question may have several.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.types import Completion, FinishReason, Question

_ID = ("task_id", "question_id", "id")
_TEXT = ("solution", "completion", "response", "output")
_PROBLEM = ("problem", "question", "prompt")


@dataclass(frozen=True)
class Samples:
    """Completions by question, in the order of the questions."""

    items: Sequence[tuple[Question, Completion]]  # a question's samples stand together
    without: Sequence[Question]  # questions of the task that the file has no sample of


def read_samples(path: Path, questions: Sequence[Question] | None) -> Samples:
    """Match the file's lines to questions by id, or by the problem's text.

    Without `questions` every line has to bring its answer, and is judged as mathematics. Token counts are not known:
    completions have no token ids. Raises UserError naming file, line and field.
    """
    lines = list(_lines(path))
    if not lines:
        raise UserError(f"--samples: {path} holds no samples")
    if questions is None:
        questions = _own_questions(lines)
    by_id = _ids(questions)
    by_problem = {_plain(question.messages[-1]["content"]): question for question in questions}
    found: dict[str, list[Completion]] = {question.id: [] for question in questions}
    for place, record in lines:
        question = _match(record, place, by_id, by_problem)
        found[question.id].append(Completion((), _text(record, place), FinishReason.STOP))
    answered = [question for question in questions if found[question.id]]
    _check_counts(path, {question.id: len(found[question.id]) for question in answered})
    return Samples(
        [(question, completion) for question in answered for completion in found[question.id]],
        [question for question in questions if not found[question.id]],
    )


def _lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f"{path}:{number}", _record(line, f"{path}:{number}")
    except FileNotFoundError:
        raise UserError(f"--samples: no such file: {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--samples: cannot read {path}: {error}") from None


def _record(line: str, place: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"--samples: {place} is not JSON: {error}") from None
    if not isinstance(record, Mapping):
        raise UserError(f"--samples: {place} is not an object with fields but {str(record)[:40]!r}")
    return record


def _own_questions(lines: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Question]:
    questions: dict[str, Question] = {}
    for place, record in lines:
        answer, name = record.get("answer"), _first(record, (*_ID, *_PROBLEM))
        if answer is None or name is None:
            raise UserError(
                f"--samples: {place} has no {'answer' if answer is None else 'id'}; "
                "name the questions with --task, or give every line `id`, `completion` and `answer`"
            )
        message = {"role": "user", "content": str(_first(record, (*_PROBLEM, *_ID)))}
        question = Question(str(name), (message,), str(answer))
        if questions.setdefault(question.id, question).answer != question.answer:
            raise UserError(f"--samples: {place}: {name} has another answer than in an earlier line")
    return list(questions.values())


def _ids(questions: Sequence[Question]) -> dict[str, Question]:
    """Questions by id, and by the id without the task's name in front of it."""
    short = {question.id.partition("/")[2]: question for question in questions}
    return short | {question.id: question for question in questions}


def _match(
    record: Mapping[str, Any], place: str, by_id: Mapping[str, Question], by_problem: dict[str, Question]
) -> Question:
    name, problem = _first(record, _ID), _first(record, _PROBLEM)
    question = by_id.get(str(name)) if name is not None else None
    if question is None and isinstance(problem, str):
        text = _plain(problem)
        if text not in by_problem:  # a file often leaves the task's instruction out, or brings one of its own
            alike = [found for known, found in by_problem.items() if _begins(known, text)]
            if alike:
                by_problem[text] = alike[0]
        question = by_problem.get(text)
    if question is None:
        if name is None and problem is None:
            raise UserError(f"--samples: {place} has neither {' nor '.join((*_ID, *_PROBLEM))}; it has: {_has(record)}")
        shown = repr(name) if name is not None else f"beginning {str(problem)[:40]!r}"
        example = next(iter(by_id.values())).id if by_id else "none"
        raise UserError(f"--samples: {place}: the task has no question {shown}; its ids are like {example!r}")
    return question


def _text(record: Mapping[str, Any], place: str) -> str:
    text = _first(record, _TEXT)
    if not isinstance(text, str):
        wrong = "is not text" if text is not None else "is missing"
        raise UserError(f"--samples: {place}: field {' or '.join(_TEXT)} {wrong}; it has: {_has(record)}")
    return text


def _check_counts(path: Path, counts: Mapping[str, int]) -> None:
    usual = max(counts.values())
    for name, count in counts.items():
        if count != usual:
            raise UserError(
                f"--samples: {path} has {count} samples of {name} and {usual} of others; "
                "give every question the same number"
            )


def _first(record: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((record[name] for name in names if record.get(name) is not None), None)


def _begins(text: str, problem: str) -> bool:
    shorter, longer = sorted((text, problem), key=len)
    return len(shorter) > 20 and longer.startswith(shorter)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _has(record: Mapping[str, Any]) -> str:
    return ", ".join(map(str, record)) or "nothing"
