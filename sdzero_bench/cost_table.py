"""Where the samples, tokens, updates and seconds went: one row a method, round and phase.

Example row: {"method": "sdzero", "seed": 0, "round": 1, "phase": "draft", "budgeted": True, "samples": 400,
"sampled_tokens": 11_803, "updates": 0, "trained_tokens": 0, "seconds": 0.6}. Seconds differ from run to run, so they
stand in this table only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdzero_bench.table_formats import Table, write_table

COUNTS = ("samples", "sampled_tokens", "updates", "trained_tokens")
FIELDS = ("method", "seed", "round", "phase", *COUNTS, "seconds")


def render_costs(
    rows: Sequence[Mapping[str, Any]],
    fmt: str = "terminal",
    title: str = "",
    footnotes: Sequence[str] = (),
    width: int = 100,
) -> str:
    """Rows with the fields `FIELDS`, in their order, and two totals for every run: what its budget paid for, and the
    measurements beside it (CSV: the rows alone, exact).

    Raises KeyError where a row lacks a field.
    """
    header = tuple(name.replace("_", "\n") for name in FIELDS)
    body = []
    for run in dict.fromkeys((row["method"], row["seed"]) for row in rows):
        own = [row for row in rows if (row["method"], row["seed"]) == run]
        name = tuple(map(str, run))
        body += [(*name, str(row["round"]), str(row["phase"]), *_figures(row)) for row in own]
        for title_of, budgeted in (("budget", True), ("measuring", False)):
            part = [row for row in own if row["budgeted"] == budgeted]
            totals = {field: sum(row[field] for row in part) for field in (*COUNTS, "seconds")}
            body.append((*name, "all", title_of, *_figures(totals)))
    records = [{name: row[name] for name in FIELDS} for row in rows]
    return write_table(Table(title, header, tuple(body), tuple(footnotes), keys=4), records, fmt, width)


def _figures(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*(f"{row[name]:,}" for name in COUNTS), f"{row['seconds']:,.1f}")
