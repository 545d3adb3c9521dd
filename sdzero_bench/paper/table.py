"""A published table with ours beside it: for every row the paper's figures, ours, and the difference.

Example of one row of Table 1:

    Qwen3-4B-Instruct  sdzero  paper         68.3        60.0
                               ours    66.7 ± 4.1  58.8 ± 5.0
                               ours - paper  -1.6 ± 4.1  -1.2 ± 5.0
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sdzero_bench.cells import share_in_words
from sdzero_bench.method_results import ABSENT, amount, tokens
from sdzero_bench.paper.ours import PAPER_K, Measured, value
from sdzero_bench.paper.published import Column, Published, Row
from sdzero_bench.statistics import Estimate
from sdzero_bench.table_formats import Record, Table, write_table

NOT_RUN = "not run"
PAPER, OURS, DIFFERENCE, TWIN = "paper", "ours", "ours - paper", "twin"


def render_published(
    table: Published, measured: Sequence[Measured] | None, fmt: str = "terminal", width: int = 100
) -> str:
    """The table in any format; measured None: the paper's figures alone. CSV has a line a figure, in full precision."""
    rows: list[tuple[str, ...]] = []
    records: list[Record] = []
    for row in _rows(table, measured or ()):
        cells = table.cells.get(row)
        if cells is not None:
            rows.append((*row, PAPER, *(_paper_cell(cells[name], one) for name, one in table.columns.items())))
        seeds = [one for one in measured or () if (one.base_model, one.row) == row and one.twin_of is None]
        if measured is not None:
            rows += _our_rows(row, seeds, table, cells)
        twins = [one for one in measured or () if (one.twin_of, one.row) == row]
        for name in dict.fromkeys(one.base_model for one in twins):
            found = [
                value([one for one in twins if one.base_model == name], column) for column in table.columns.values()
            ]
            rows.append((*row, f"{TWIN}: {name}", *map(_our_cell, found, table.columns.values())))
        records += _records(table, row, cells, seeds, twins)
    header = ("model", "method", "figures", *(column.header for column in table.columns.values()))
    title = f"{table.title} ({table.source} of He et al. 2026)"
    return write_table(
        Table(title, header, _without_repeats(rows), tuple(_notes(table, measured)), keys=3), records, fmt, width
    )


def _rows(table: Published, measured: Sequence[Measured]) -> list[Row]:
    """The paper's rows, then ours that the paper does not have."""
    ours = [(one.twin_of or one.base_model, one.row) for one in measured if _has_any(one, table)]
    return list(dict.fromkeys([*table.cells, *ours]))


def _has_any(measured: Measured, table: Published) -> bool:
    return any(value([measured], column) is not None for column in table.columns.values())


def _our_rows(
    row: Row, seeds: Sequence[Measured], table: Published, cells: Mapping[str, float | None] | None
) -> list[tuple[str, ...]]:
    found = {name: value(seeds, column) for name, column in table.columns.items()}
    if not any(found.values()):
        return [(*row, OURS, *(NOT_RUN for _ in found))] if cells is not None else []
    ours = (*row, OURS, *(_our_cell(found[name], column) for name, column in table.columns.items()))
    if cells is None:
        return [ours]
    differences = [_difference(found[name], cells[name], column) for name, column in table.columns.items()]
    return [ours, (*row, DIFFERENCE, *differences)]


def _paper_cell(figure: float | None, column: Column) -> str:
    if figure is None:
        return ABSENT
    if column.unit == "percent":
        return f"{figure:.1f}"
    return tokens(figure) if column.unit == "tokens" else amount(figure)


def _our_cell(found: Estimate | None, column: Column) -> str:
    if found is None:
        return NOT_RUN
    if column.unit == "percent":
        return share_in_words(found.mean / 100, found.low / 100, found.high / 100) or ABSENT
    return tokens(found.mean) if column.unit == "tokens" else amount(found.mean)


def _difference(found: Estimate | None, figure: float | None, column: Column) -> str:
    """The paper states no intervals: the difference has ours."""
    if found is None or figure is None:
        return ABSENT
    if column.unit == "percent":
        mean, low, high = ((one - figure) / 100 for one in (found.mean, found.low, found.high))
        return share_in_words(mean, low, high, "+") or ABSENT
    sign = "-" if found.mean < figure else "+"
    size = abs(found.mean - figure)
    return sign + (tokens(size) if column.unit == "tokens" else amount(size))


def _without_repeats(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Model and method only where they change."""
    shown, before = [], ("", "")
    for row in rows:
        model = "" if row[0] == before[0] else row[0]
        method = "" if row[:2] == before else row[1]
        shown.append((model, method, *row[2:]))
        before = (row[0], row[1])
    return tuple(shown)


def _notes(table: Published, measured: Sequence[Measured] | None) -> list[str]:
    notes = ["paper: as published; the paper states no intervals."]
    if "average" in table.columns:
        notes += _averages(table)
    if measured is None:
        return [*notes, "Ours stand beside these with --runs DIR (comparisons, run directories, outputs of eval)."]
    notes.append(
        "ours: with its interval over questions, or at 95 % over seeds where there are several; the difference has our "
        "interval, the paper's figure taken as exact."
    )
    notes += _other_protocols(table, measured)
    if not any(_has_any(one, table) for one in measured):
        tasks = sorted({f"{one.base_model} on {task}" for one in measured for task in one.records})
        notes.append(f"None of these runs has a figure for this table. What was measured: {', '.join(tasks)}.")
    if any(column.measure.startswith("revision.") for column in table.columns.values()):
        notes.append("Figures of revisions need `eval` with --set evaluation.revise=true.")
    if twins := sorted({one.base_model for one in measured if one.twin_of}):
        notes.append(
            f"twin: {', '.join(twins)}: a small model on small questions, through the same code. It shows that the "
            "recipe runs, and nothing about the paper's figures: no difference is taken."
        )
    return notes


def _other_protocols(table: Published, measured: Sequence[Measured]) -> list[str]:
    """Which of our figures are not of 8 samples a question, as the paper's are."""
    tasks = {task for column in table.columns.values() for task in column.tasks}
    others = sorted(
        f"{one.row} on {task} (k = {record['evaluation']['k']})"
        for one in measured
        for task, record in one.records.items()
        if task in tasks and record["evaluation"]["k"] != PAPER_K
    )
    return [f"Not {PAPER_K} samples a question, as in the paper: {', '.join(others)}."] if others else []


def _averages(table: Published) -> list[str]:
    """Where an average is not that of the row's other figures, to rounding."""
    wrong = []
    for (model, method), cells in table.cells.items():
        others = [figure for name, figure in cells.items() if name != "average"]
        known = [figure for figure in others if figure is not None]
        if len(table.columns["average"].tasks) != len(known) or cells["average"] is None:
            continue
        if abs(math.fsum(known) / len(known) - cells["average"]) > 0.0501:
            wrong.append(f"{model} {method}: the published average is not that of the figures in its row.")
    return wrong


def _records(
    table: Published,
    row: Row,
    cells: Mapping[str, float | None] | None,
    seeds: Sequence[Measured],
    twins: Sequence[Measured],
) -> list[Record]:
    records: list[Record] = []
    for name, column in table.columns.items():
        known: dict[str, Any] = {"table": table.name, "model": row[0], "method": row[1], "column": name}
        known |= {"unit": column.unit, "paper": cells[name] if cells else None}
        records.append(known | _figures(seeds, column, known["paper"]))
        for twin in dict.fromkeys(one.base_model for one in twins):
            of_twin = [one for one in twins if one.base_model == twin]
            records.append(known | _figures(of_twin, column, None) | {"twin": twin})
    return records


def _figures(seeds: Sequence[Measured], column: Column, paper: float | None) -> dict[str, Any]:
    found = value(seeds, column)
    if found is None:
        return dict.fromkeys(("ours", "ours_low", "ours_high", "seeds", "difference", "twin"))
    ends = {"ours_low": found.low, "ours_high": found.high}
    return {
        "ours": found.mean,
        **{name: None if math.isnan(end) else end for name, end in ends.items()},
        "seeds": len(seeds),
        "difference": None if paper is None else found.mean - paper,
        "twin": None,
    }
