r"""One record of a file or data set as a Question.

Example: {"question": "How many?", "answer": "7 + 5 = <<7+5=12>>12 eggs\n#### 12"} gives the answer "12" and the gold
solution "7 + 5 = 12 eggs\nThe answer is \boxed{12}".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.questions.spec import check_options
from sdzero_bench.types import Extraction, Question
from sdzero_bench.verify.extract import last_boxed

_CALCULATOR = re.compile(r"<<[^<>]*>>")  # GSM8K's marks
_GSM8K_ANSWER = re.compile(r"(.*?)####[ \t]*([^\n]*?)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields hold what; the first of several that is there counts."""

    question: tuple[str, ...] = ("problem", "question")
    answer: tuple[str, ...] = ("answer",)
    solution: tuple[str, ...] = ("solution",)
    id: tuple[str, ...] = ("id",)

    NAMES = ("question", "answer", "solution", "id")

    @classmethod
    def from_options(cls, options: Mapping[str, str]) -> Fields:
        """Fields as options name them: {"question": "prompt"}."""
        return cls(**{name: (options[name],) for name in cls.NAMES if name in options})


def to_questions(rows: Iterable[tuple[str, str, Any]], fields: Fields, source: str) -> list[Question]:
    """Questions from (place for messages, id where the record has none, record) rows.

    Raises UserError naming the place and field that is wrong, for an id that occurs twice, and for an empty set.
    """
    places: dict[str, str] = {}
    questions = []
    for place, default_id, record in rows:
        question = _to_question(record, fields, place, default_id)
        if question.id in places:
            raise UserError(f"questions: {place}: id {question.id!r} is already taken by {places[question.id]}")
        places[question.id] = place
        questions.append(question)
    if not questions:
        raise UserError(f"questions: {source} holds no questions")
    return questions


def field_options(spec: str, options: Mapping[str, str], others: tuple[str, ...] = ()) -> Fields:
    """Check the options of a source of records, and read the field names among them."""
    check_options(spec, options, (*Fields.NAMES, *others))
    return Fields.from_options(options)


def _to_question(record: Any, fields: Fields, place: str, default_id: str) -> Question:
    if not isinstance(record, Mapping):
        raise UserError(f"questions: {place} is not an object with fields but {str(record)[:40]!r}")
    problem = _text(record, fields.question, place)
    answer = _text(record, fields.answer, place)
    solution = _text(record, fields.solution, place, required=False)
    extraction = Extraction.BOXED
    worked = _GSM8K_ANSWER.fullmatch(answer)
    if worked:
        answer = worked[2].strip().lstrip("$").replace(",", "")
        if not answer:
            raise UserError(f"questions: {place}: field {_shown(fields.answer)} has nothing after its last ####")
        solution = solution or _CALCULATOR.sub("", worked[1]).strip()
        extraction = Extraction.BOXED_OR_LAST_NUMBER
    if solution and last_boxed(solution) is None:
        # A demonstration must show the form that the verifier looks for.
        solution = f"{solution}\nThe answer is \\boxed{{{answer}}}"
    return Question(
        id=_text(record, fields.id, place, required=False) or default_id,
        messages=({"role": "user", "content": problem},),
        answer=answer,
        solution=solution,
        extraction=extraction,
    )


def _text(record: Mapping[str, Any], names: tuple[str, ...], place: str, *, required: bool = True) -> Any:
    value = next((record[name] for name in names if record.get(name) is not None), None)
    if value is None:
        if required:
            has = ", ".join(map(str, record)) or "none"
            raise UserError(f"questions: {place}: field {_shown(names)} is missing; it has: {has}")
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UserError(f"questions: {place}: field {_shown(names)} must be text or a number, not {str(value)[:40]}")
    text = str(value).strip()
    if required and not text:
        raise UserError(f"questions: {place}: field {_shown(names)} is empty")
    return text or None


def _shown(names: tuple[str, ...]) -> str:
    return " or ".join(map(repr, names))
