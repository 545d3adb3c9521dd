r"""Rows of questions with a final answer: MATH, AIME, HMMT, AMO-Bench, AMC, Minerva, OlympiadBench, GSM8K.

Example: {"question": "How many?", "answer": "7 + 5 = <<7+5=12>>12 eggs\n#### 12"} of gsm8k has the answer "12" and the
worked solution "7 + 5 = 12 eggs\nThe answer is \boxed{12}.".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sdzero_bench.benchmarks.cards import Card
from sdzero_bench.benchmarks.documents import (
    Document,
    Documents,
    Request,
    optional_text,
    rows_to_documents,
    text,
)
from sdzero_bench.benchmarks.templates import suffix_of
from sdzero_bench.errors import UserError
from sdzero_bench.verify.extract import last_boxed

_CALCULATOR = re.compile(r"<<[^<>]*>>")  # GSM8K's marks


def read(request: Request) -> Documents:
    """A document a row."""
    return rows_to_documents(request, lambda row, number, place: document(request, row, number, place))


def document(request: Request, row: Mapping[str, Any], default_id: str, place: str) -> Document:
    """One row with the hub's field names or plain ones (problem or question, answer, solution, id)."""
    card = request.card
    names = card.fields
    problem = without_suffix(card, text(row, (names.get("problem"), "problem", "question", "prompt"), place))
    solution = optional_text(row, (names.get("solution"), "solution"), place)
    found = optional_text(row, (names.get("answer"), "answer", "final_answer"), place)
    if found is None and solution is not None:
        found = last_boxed(solution)
    if found is None:
        raise UserError(f"tasks: {place}: it has no answer, and no box in a solution")
    if "####" in found:
        worked, _, found = found.rpartition("####")
        solution = solution or _CALCULATOR.sub("", worked).strip()
        found = found.strip().lstrip("$").replace(",", "")
    answer = _plain(found)
    return Document(_id(request, row, default_id, place), {"problem": problem}, answer, boxed(solution, answer))


def without_suffix(card: Card, problem: str) -> str:
    """The problem without the instruction that the prompt ends with, where the row has it already."""
    suffix = suffix_of(card.prompt)
    bare = problem.rstrip()
    return bare.removesuffix(suffix).rstrip() if suffix and bare.endswith(suffix) else problem.strip()


def boxed(solution: str | None, answer: str) -> str | None:
    """The solution, with a box at its end where it has none: a demonstration must show the form the judge looks for."""
    if solution is None or last_boxed(solution) is not None:
        return solution
    return f"{solution.strip()}\nThe answer is \\boxed{{{answer}}}."


def _plain(answer: str) -> str:
    """The answer without the box or the dollar signs that it stands in."""
    answer = (last_boxed(answer) or answer).strip()
    if len(answer) > 2 and answer[0] == answer[-1] == "$" and answer.count("$") == 2:
        answer = answer[1:-1].strip()
    return answer


def _id(request: Request, row: Mapping[str, Any], default_id: str, place: str) -> str:
    name = request.card.fields.get("id")
    own = optional_text(row, (name,) if name and name in row else ("id", "unique_id", "uuid"), place)
    prefix = default_id.rpartition("/")[0]
    return f"{prefix}/{own}" if own is not None else default_id
