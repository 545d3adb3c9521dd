"""Where the samples, tokens, updates and seconds went: one row a method, round and phase.

Example row: {"method": "sdzero", "round": 1, "phase": "collect", "samples": 2000, "sampled_tokens": 81_000,
"updates": 0, "trained_tokens": 0, "seconds": 21.4}. Seconds differ from run to run, so they stand in this table only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdzero_bench.table_formats import Table, write_table

COUNTS = ("samples", "sampled_tokens", "updates", "trained_tokens")
FIELDS = ("method", "round", "phase", *COUNTS, "seconds")


def render_costs(
    rows: Sequence[Mapping[str, Any]],
    fmt: str = "terminal",
    title: str = "",
    footnotes: Sequence[str] = (),
    width: int = 100,
) -> str:
    """Rows with the fields `FIELDS`, in their order, and a total for every method (CSV: the rows alone, exact).

    Raises KeyError where a row lacks a field.
    """
    header = tuple(name.replace("_", "\n") for name in FIELDS)
    body = []
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        body += [(str(row["method"]), str(row["round"]), str(row["phase"]), *_figures(row)) for row in own]
        body.append((str(method), "all", "total", *_figures({name: sum(r[name] for r in own) for name in FIELDS[3:]})))
    records = [{name: row[name] for name in FIELDS} for row in rows]
    return write_table(Table(title, header, tuple(body), tuple(footnotes), keys=3), records, fmt, width)


def _figures(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*(f"{row[name]:,}" for name in COUNTS), f"{row['seconds']:,.1f}")
