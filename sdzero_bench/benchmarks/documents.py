"""A task's documents: its rows in one shape, whatever the data set calls its fields.

Example: the row {"problem": "What is 3 + 7?", "answer": "10", "unique_id": "test/1.json"} of math500 is the document
(id "math500/test/1.json", fields {"problem": "What is 3 + 7?"}, answer "10").
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdzero_bench.benchmarks.cards import Card
from sdzero_bench.benchmarks.places import Place, Split
from sdzero_bench.benchmarks.rows import load_rows
from sdzero_bench.errors import UserError


@dataclass(frozen=True)
class Document:
    """What a question is made of."""

    id: str
    fields: Mapping[str, str]  # what the card's prompt template names
    answer: str = ""  # the gold final answer; "" where tests decide
    solution: str | None = None  # a gold worked solution, as an assistant would write it
    meta: Mapping[str, Any] = field(default_factory=dict)  # for the judge


@dataclass(frozen=True)
class Request:
    """What is asked of a task."""

    card: Card
    split: Split
    options: Mapping[str, str]  # those that were given
    data_dir: Path | None
    limit: int | None = None  # no more than the first so many are needed

    def option(self, name: str) -> str | None:
        """An option's value, or the card's default."""
        return self.options.get(name, self.card.options.get(name))

    def size(self) -> int | None:
        """The option `size`: only the first so many. Raises UserError."""
        value = self.option("size")
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and int(value) > 0):
            raise UserError(f"tasks: {self.card.name}: size={value} must be a whole number of at least 1")
        return int(value)


@dataclass(frozen=True)
class Documents:
    """Documents in order, and where their rows came from (None: from several places)."""

    documents: Sequence[Document]
    place: Place | None


def rows_to_documents(request: Request, read: Callable[[Mapping[str, Any], str, str], Document]) -> Documents:
    """A document a row, by `read(row, default id, place for messages)`."""
    rows, place = load_rows(request.card, request.split, request.data_dir)
    name, split = request.card.name, request.split
    prefix = name if split is Split.EVALUATION else f"{name}/{split}"
    source = place.path or request.card.dataset
    return Documents(
        [read(row, f"{prefix}/{number}", f"{source}, row {number}") for number, row in enumerate(rows)], place
    )


def text(row: Mapping[str, Any], names: Sequence[str | None], place: str) -> str:
    """The first of several fields that is there, as text. Raises UserError where none is."""
    value = optional_text(row, names, place)
    if value is None:
        raise UserError(
            f"tasks: {place}: field {_shown(names)} is missing or empty; it has: {', '.join(map(str, row)) or 'none'}"
        )
    return value


def optional_text(row: Mapping[str, Any], names: Sequence[str | None], place: str) -> str | None:
    """The first of several fields that is there and not empty, as text; numbers as people write them."""
    for name in names:
        value = row.get(name) if name else None
        if value is None or value == "" or value == []:
            continue
        if isinstance(value, list | tuple):  # a list of answers
            value = ", ".join(map(str, value))
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UserError(f"tasks: {place}: field {name!r} must be text or a number, not {str(value)[:40]}")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if str(value).strip():
            return str(value)
    return None


def by_hash(ids: Sequence[str]) -> list[int]:
    """Indices in the order of the ids' sha256: a fixed random order that no one chose."""
    return sorted(range(len(ids)), key=lambda index: hashlib.sha256(ids[index].encode()).hexdigest())


def column(rows: Any, names: Sequence[str], source: str) -> list[str]:
    """One field of every row, without reading the others of a data set."""
    columns = getattr(rows, "column_names", None)
    if columns is not None:
        name = next((name for name in names if name in columns), None)
        if name is None:
            raise UserError(f"tasks: {source}: no field {_shown(names)}; it has: {', '.join(columns)}")
        return [str(value) for value in rows[name]]
    return [text(row, names, f"{source}, row {number}") for number, row in enumerate(rows)]


def select(rows: Any, indices: Sequence[int]) -> Any:
    """Some of the rows, in this order."""
    return rows.select(indices) if hasattr(rows, "select") else [rows[index] for index in indices]


def _shown(names: Sequence[str | None]) -> str:
    return " or ".join(repr(name) for name in dict.fromkeys(names) if name)
