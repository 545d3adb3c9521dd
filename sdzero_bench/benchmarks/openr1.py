"""OpenR1-Math-220k: one split of the hub, of which ours holds out 500 questions by a rule.

Example row: {"problem": ..., "answer": "17", "uuid": "1d61cd20-...", "solution": NuminaMath's, "generations":
[DeepSeek-R1's, ...], "correctness_math_verify": [True, False], "is_reasoning_complete": [True, True], ...}.

Held out are the rows with the 500 smallest sha256(uuid). The train split is every other row in the order of its
sha256(uuid), less those whose problem a held-out row asks too (the data set has doubles under different uuids).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdzero_bench.benchmarks.documents import Document, Documents, Request, by_hash, column, select
from sdzero_bench.benchmarks.math_rows import boxed
from sdzero_bench.benchmarks.math_rows import document as math_document
from sdzero_bench.benchmarks.places import Split
from sdzero_bench.benchmarks.rows import check_whole, load_rows
from sdzero_bench.errors import UserError

_SOLUTIONS = ("r1", "numina")
_FLAGS = ("correctness_math_verify", "correctness_llama", "is_reasoning_complete")


def read(request: Request) -> Documents:
    """The held-out questions, or the others."""
    if request.option("solution") not in _SOLUTIONS:
        raise UserError(
            f"tasks: openr1_math: solution={request.option('solution')} is not known; known: {', '.join(_SOLUTIONS)}"
        )
    rows, place = load_rows(request.card, request.split, request.data_dir)
    check_whole(request.card, len(rows), place)
    source = str(place.path or request.card.dataset)
    problems = column(rows, (request.card.fields["problem"], "question"), source)
    order = by_hash(_ids(request, rows, problems, source))
    held_out, others = order[: request.card.held_out], order[request.card.held_out :]
    if request.split is Split.EVALUATION:
        chosen = held_out
    else:
        asked = {_words(problems[index]) for index in held_out}
        chosen = [index for index in others if _words(problems[index]) not in asked]
        chosen = chosen[: request.size()]
    needed = select(rows, chosen)
    if hasattr(needed, "select_columns"):  # the model's conversations are most of the data set
        columns = {*request.card.fields.values(), "question", "generations", *_FLAGS}
        needed = needed.select_columns([name for name in needed.column_names if name in columns])
    prefix = request.card.name if request.split is Split.EVALUATION else f"{request.card.name}/{request.split}"
    return Documents(
        [
            _document(request, row, f"{prefix}/{index}", f"{source}, row {index}")
            for index, row in zip(chosen, needed, strict=True)
        ],
        place,
    )


def _document(request: Request, row: Mapping[str, Any], default_id: str, place: str) -> Document:
    document = math_document(request, row, default_id, place)
    verified = _verified(row) if request.option("solution") == "r1" else None
    if verified is None:
        return document
    solution = boxed(verified, document.answer)
    return Document(document.id, document.fields, document.answer, solution, document.meta)


def _verified(row: Mapping[str, Any]) -> str | None:
    """DeepSeek-R1's first complete solution that math-verify, or else the Llama judge, found right."""
    generations = row.get("generations") or []
    complete = row.get("is_reasoning_complete") or [True] * len(generations)
    for name in _FLAGS[:2]:
        for generation, right, whole in zip(generations, row.get(name) or [], complete, strict=False):
            if right and whole:
                return str(generation)
    return None


def _ids(request: Request, rows: Any, problems: list[str], source: str) -> list[str]:
    """What the split is decided by: uuid, or the problem itself in a local file without one."""
    name = request.card.fields["id"]
    columns = getattr(rows, "column_names", None) or (rows[0].keys() if rows else ())
    return column(rows, (name,), source) if name in columns else problems


def _words(problem: str) -> str:
    return " ".join(problem.split())
