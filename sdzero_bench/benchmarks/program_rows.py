"""Rows of HumanEval, EvalPlus (HumanEval+, MBPP+) and MBPP.

Example: {"task_id": "HumanEval/0", "prompt": "def f(x): ...", "entry_point": "f", "canonical_solution": "    return x",
"test": "def check(candidate): ..."} is the document "HumanEval/0".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdzero_bench.benchmarks.documents import Document, Documents, Request, optional_text, rows_to_documents, text
from sdzero_bench.benchmarks.places import Kind
from sdzero_bench.benchmarks.rows import load_rows
from sdzero_bench.errors import UserError

_EVALPLUS = ("base_input", "plus_input", "entry_point", "canonical_solution")


def read_humaneval(request: Request) -> Documents:
    """HumanEval's own problems, judged by their `check`."""

    def document(row: Mapping[str, Any], number: str, place: str) -> Document:
        prompt = text(row, ("prompt",), place)
        canonical = optional_text(row, ("canonical_solution",), place)
        meta = {name: text(row, (name,), place) for name in ("task_id", "entry_point", "test")}
        solution = fenced(prompt + canonical) if canonical else None
        return Document(meta["task_id"], {"prompt": prompt}, "", solution, {**meta, "prompt": prompt})

    return rows_to_documents(request, document)


def read_evalplus(request: Request) -> Documents:
    """EvalPlus' problems; the judge reads inputs and oracle itself, from the file named in `meta`."""
    rows, place = load_rows(request.card, request.split, request.data_dir)
    data = str(place.path) if place.kind is Kind.LOCAL else None  # None: where EvalPlus itself looks

    def document(row: Mapping[str, Any], where: str) -> Document:
        missing = [name for name in _EVALPLUS if name not in row]
        if missing:
            raise UserError(f"tasks: {where} is not EvalPlus' format: no {', '.join(missing)}")
        prompt, task = text(row, ("prompt",), where), text(row, ("task_id",), where)
        canonical = text(row, ("canonical_solution",), where)
        whole = prompt + canonical if request.card.evalplus == "humaneval" else canonical
        meta = {"dataset": request.card.evalplus, "task_id": task, "data": data}
        return Document(task, {"prompt": prompt}, "", fenced(whole.strip()), meta)

    return Documents([document(row, f"{place.path}, row {number}") for number, row in enumerate(rows)], place)


def read_mbpp(request: Request) -> Documents:
    """MBPP's problems with their asserts; the sanitized configuration's field names too."""

    def document(row: Mapping[str, Any], number: str, place: str) -> Document:
        tests = _strings(row, "test_list", place)
        setup = optional_text(row, ("test_setup_code",), place) or "\n".join(_strings(row, "test_imports", place, []))
        task = text(row, ("task_id",), place)
        code = optional_text(row, ("code",), place)
        fields = {"text": text(row, ("text", "prompt"), place), "tests": "\n".join(tests)}
        prefix = number.rpartition("/")[0]
        return Document(
            f"{prefix}/{task}",
            fields,
            "",
            fenced(code.replace("\r\n", "\n").strip()) if code else None,
            {"task_id": task, "tests": tests, "setup": setup},
        )

    return rows_to_documents(request, document)


def fenced(program: str) -> str:
    """A program as an assistant would give it."""
    return f"```python\n{program.rstrip()}\n```"


def _strings(row: Mapping[str, Any], name: str, place: str, default: Sequence[str] | None = None) -> list[str]:
    value = row.get(name, default)
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise UserError(f"tasks: {place}: field {name!r} must be a list of text")
    return list(value)
