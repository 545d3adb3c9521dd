"""The published tables, read from `results/paper`.

Example: `published("table1").cells["Qwen3-4B-Instruct", "sdzero"]["aime24"]` is 68.3.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked

from sdzero_bench.errors import UserError

Row = tuple[str, str]  # (base model, method or variant)


@checked(frozen=True)
class Column:
    """What the figures of a column are."""

    header: str
    measure: str  # accuracy, pass_at_k, revision.NAME, cost.NAME
    tasks: tuple[str, ...] = ()  # several: their unweighted average
    unit: Literal["percent", "tokens", "count"] = "percent"


@dataclass(frozen=True, slots=True)
class Published:
    """One table of the paper."""

    name: str
    title: str
    source: str  # where the paper has it
    columns: Mapping[str, Column]
    cells: Mapping[Row, Mapping[str, float | None]]  # None: a cell that we could not read


def table_names() -> list[str]:
    """In the paper's order."""
    return list(_index())


def published(name: str) -> Published:
    """One table by name. Raises UserError for an unknown one."""
    index = _index()
    if name not in index:
        raise UserError(f"paper: unknown table {name!r}; known: {', '.join(index)}, all, figure3 to figure6")
    entry = index[name]
    columns = TypeAdapter(dict[str, Column]).validate_python(entry["columns"])
    with (_folder() / entry["file"]).open() as file:
        cells: dict[Row, dict[str, float | None]] = {
            (row["base_model"], row["method"]): {
                column: float(row[column]) if row[column] else None for column in columns
            }
            for row in csv.DictReader(file)
        }
    return Published(name, entry["title"], entry["source"], columns, cells)


@cache
def _index() -> dict[str, Any]:
    index: dict[str, Any] = yaml.safe_load((_folder() / "tables.yaml").read_text())
    return index


def _folder() -> Path:
    return Path(str(files("sdzero_results") / "paper"))
