"""What an evaluation found, as a table: one row a task, the parts of its tests beneath it, averages of groups.

Example rows, HumanEval+ by greedy decoding, with the base tests alone beneath it:

    humanevalplus        164  1  65.2 [57.7, 72.1]  211.4  0.6
    humanevalplus: base  164  1  70.7 [63.4, 77.2]      –    –

Records are what `metrics.json` holds, by task. Older ones lack some figures: their cells are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdzero_bench.cells import share_in_words
from sdzero_bench.intervals import IN_WORDS, Interval
from sdzero_bench.length_table import render_lengths
from sdzero_bench.method_results import ABSENT, tokens
from sdzero_bench.table_formats import Record, Table, write_table
from sdzero_bench.task_average import average_figures

__all__ = ["render_evaluations", "render_lengths"]

Records = Mapping[str, Mapping[str, Any]]
UNITS = {"tokens": "tokens", "characters": "chars"}  # in headers
MEANINGS = {
    "pass@k": "pass@k: at least one of k samples is right.",
    "maj@k": "maj@k: the answer that most of k samples give is right, ties shared.",
    "chars": "chars: mean length in characters, token counts are not known.",
    "cut off": "Cut off: share of the responses that met the token limit.",
    "draft →\nrevision": "Draft → revision: accuracy before and after a revision.",
}


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    name: str  # the task's, or the group's
    kind: str  # task, part, average
    figures: Mapping[str, Any]
    part: str | None = None
    revision: Mapping[str, Any] | None = None


def render_evaluations(
    records: Records,
    fmt: str = "terminal",
    title: str = "Evaluation",
    groups: Mapping[str, Sequence[str]] | None = None,
    width: int = 100,
) -> str:
    """One row a task, with rows for the parts of its tests, then one for each of `groups` (name to its tasks).

    A group's row is the unweighted average of its tasks; tasks without a record are left out of it, and a footnote says
    so. Columns without any value are left out. CSV has every figure in full precision. Raises UserError for an unknown
    format.
    """
    averages, notes = _averages(records, groups or {})
    notes = [*notes, *_partly_answered(records)]
    rows = [row for name, record in records.items() for row in _task_rows(name, record)] + averages
    columns = {name: cell for name, cell in _columns(rows).items() if any(cell(row) is not None for row in rows)}
    table = Table(
        title,
        ("task", *columns),
        tuple((row.label, *(cell(row) or ABSENT for cell in columns.values())) for row in rows),
        (*_legend(rows, list(columns)), *notes),
    )
    return write_table(table, [_csv_record(row) for row in rows], fmt, width)


def _partly_answered(records: Records) -> list[str]:
    """`score` on a file that has no samples of some questions."""
    notes = []
    for name, record in records.items():
        if missing := len(record.get("questions_without_samples") or ()):
            count = record["evaluation"]["questions"]
            notes.append(f"{name}: samples of {count} of its {count + missing} questions; the figures are over these.")
    return notes


def _task_rows(name: str, record: Mapping[str, Any]) -> list[_Row]:
    figures = record["evaluation"]
    same = {key: figures[key] for key in ("questions", "k", "confidence")}
    return [_Row(name, name, "task", figures, revision=record.get("revision"))] + [
        _Row(f"{name}: {part}", name, "part", same | dict(of_part), part)
        for part, of_part in figures.get("parts", {}).items()
    ]


def _averages(records: Records, groups: Mapping[str, Sequence[str]]) -> tuple[list[_Row], list[str]]:
    rows, notes = [], []
    for group, tasks in groups.items():
        if not (found := [task for task in tasks if task in records]):
            continue
        average = average_figures([records[task]["evaluation"] for task in found])
        rows.append(_Row(f"{group} (average)", group, "average", average))
        notes.append(f"{group}: unweighted average of {', '.join(found)}; interval combined from theirs (MOVER).")
        if missing := [task for task in tasks if task not in records]:
            notes.append(f"{group}: NOT in its average: {', '.join(missing)}.")
    return rows, notes


Cell = Callable[[_Row], str | None]


def _columns(rows: Sequence[_Row]) -> dict[str, Cell]:
    units = {_unit(row) for row in rows if row.figures.get("length_mean") is not None}
    unit = units.pop() if len(units) == 1 else None

    def questions(row: _Row) -> str | None:
        return None if row.kind == "average" else str(row.figures["questions"])

    def k(row: _Row) -> str | None:
        return None if row.figures["k"] is None else str(row.figures["k"])

    def accuracy(row: _Row) -> str | None:
        low, high = row.figures.get("accuracy_low"), row.figures.get("accuracy_high")
        return share_in_words(row.figures["accuracy"], low, high)

    def at_k(name: str) -> Cell:
        return lambda row: share_in_words(row.figures.get(name)) if (row.figures["k"] or 0) > 1 else None

    def length(row: _Row) -> str | None:
        mean = row.figures.get("length_mean")
        return None if mean is None else tokens(mean) + ("" if unit else f" {_unit(row)}")

    def cut_off(row: _Row) -> str | None:
        return share_in_words(row.figures.get("truncated_share"))

    def revised(row: _Row) -> str | None:
        if not row.revision:
            return None
        return " → ".join(share_in_words(row.revision[f"{name}_accuracy"]) or ABSENT for name in ("draft", "revision"))

    return {
        "n": questions,
        "k": k,
        "accuracy": accuracy,
        "pass@k": at_k("pass_at_k"),
        "maj@k": at_k("maj_at_k"),
        unit or "length": length,
        "cut off": cut_off,
        "draft →\nrevision": revised,
    }


def _unit(row: _Row) -> str:
    return UNITS[row.figures.get("length_unit") or "tokens"]


def _legend(rows: Sequence[_Row], columns: Sequence[str]) -> list[str]:
    kinds: dict[Interval, list[str]] = {}
    of_task: dict[str, Interval] = {}
    for row in rows:
        if row.kind != "average" and row.figures.get("accuracy_low") is not None:
            kind = Interval(row.figures.get("accuracy_interval") or Interval.STUDENT_T)
            labels = kinds.setdefault(kind, [])
            if of_task.setdefault(row.name, kind) is not kind or row.kind == "task":
                labels.append(row.label)
    meanings = [meaning for column, meaning in MEANINGS.items() if column in columns]
    if not kinds:
        return [" ".join(["Accuracy: avg@k, in percent.", *meanings])]
    levels = sorted({row.figures["confidence"] for row in rows if row.kind != "average"})
    ways = [IN_WORDS[kind] + (f" ({', '.join(of)})" if len(kinds) > 1 else "") for kind, of in kinds.items()]
    intervals = (
        f"Accuracy: avg@k, in percent, with its {'/'.join(f'{100 * level:g}%' for level in levels)} interval as "
        f"± half-width or as [low, high]: {'; '.join(ways)}."
    )
    return [intervals, *([" ".join(meanings)] if meanings else [])]


def _csv_record(row: _Row) -> Record:
    figures = {name: value for name, value in row.figures.items() if name != "parts"}
    revision = {f"revision_{name}": value for name, value in (row.revision or {}).items()}
    return {"row": row.kind, "task": row.name, "part": row.part} | figures | revision
