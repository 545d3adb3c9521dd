"""Response lengths of an evaluation in detail, and how often responses revise themselves (Figure 6 of the paper).

Example rows of one task:

    aime24  all    240  12,204 ± 1,803  11,870  24,310  2.93M  11.7
            right   91   8,101           7,902  15,004            –
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdzero_bench.cells import share_in_words
from sdzero_bench.method_results import ABSENT, amount, tokens
from sdzero_bench.table_formats import Record, Table, write_table

Records = Mapping[str, Mapping[str, Any]]
HEADER = ("task", "verdict", "responses", "mean", "median", "90th\npercentile", "total", "cut off")
FIGURES = ("count", "length_mean", "length_median", "length_p90", "tokens_total", "truncated_share")


def render_lengths(records: Records, fmt: str = "terminal", title: str = "Response lengths", width: int = 100) -> str:
    """Lengths of all, of right and of wrong responses by task, then how often each self-revision phrase occurs.

    records: what metrics.json holds, by task. Columns without any value are left out. CSV is one table: a line a task
    and verdict, the phrases on the line of all. Raises UserError for an unknown format.
    """
    lines: list[Record] = []
    rows: list[tuple[str, ...]] = []
    for name, record in records.items():
        figures = record["evaluation"]
        verdicts = _by_verdict(figures)
        rows += [(name if verdict == "all" else "", verdict, *_cells(of)) for verdict, of in verdicts.items()]
        lines += [
            {"task": name, "verdict": verdict, "length_unit": _unit(figures), **of} for verdict, of in verdicts.items()
        ]
    used = [column for column, _ in enumerate(HEADER) if any(row[column] != ABSENT for row in rows)]
    header = tuple(HEADER[column] for column in used)
    legend = f"Lengths in {_units(records)}; the mean ± half-width of its interval over questions."
    if "cut off" in header:
        legend += " Cut off: share in percent of the responses that met the token limit."
    table = Table(title, header, tuple(tuple(row[column] for column in used) for row in rows), (legend,), keys=2)
    text = write_table(table, lines, fmt, width)
    phrases = _phrase_table(records)
    return text if phrases is None or fmt == "csv" else f"{text}\n{write_table(phrases, [], fmt, width)}"


def _by_verdict(figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    every = {"count": figures["questions"] * figures["k"]}
    every |= {name: figures.get(name) for name in (*FIGURES[1:], "length_mean_low", "length_mean_high")}
    parts = {verdict: dict(part) for verdict, part in figures.get("by_verdict", {}).items()}
    phrases = {"self_revision_share", "self_revisions_per_response", "keywords"} & figures.keys()
    return {"all": every | {name: figures[name] for name in sorted(phrases)}} | parts


def _cells(figures: Mapping[str, Any]) -> tuple[str, ...]:
    count, mean, median, p90, total, cut = (figures.get(name) for name in FIGURES)
    low, high = (figures.get(f"length_mean_{end}") for end in ("low", "high"))
    # Lengths are skewed, but a bootstrap interval's sides differ by little here: the half-width says enough.
    half = "" if low is None or high is None or low == high else f" ± {tokens((high - low) / 2)}"
    lengths = (tokens(mean) + half, tokens(median), tokens(p90))
    return amount(count), *lengths, amount(total), share_in_words(cut) or ABSENT


def _unit(figures: Mapping[str, Any]) -> str:
    unit: str | None = figures.get("length_unit")
    return unit or "tokens"


def _units(records: Records) -> str:
    units: dict[str, list[str]] = {}
    for name, record in records.items():
        units.setdefault(_unit(record["evaluation"]), []).append(name)
    if len(units) == 1:
        return next(iter(units))
    return " and ".join(f"{unit} ({', '.join(names)})" for unit, names in units.items())


def _phrase_table(records: Records) -> Table | None:
    """Phrases down, tasks across; None where none was found."""
    evaluations = [record["evaluation"] for record in records.values()]
    found = [figures.get("keywords") or {} for figures in evaluations]
    phrases = list(dict.fromkeys(phrase for keywords in found for phrase in keywords))
    if not phrases or not any(figures.get("self_revision_share") for figures in evaluations):
        return None
    rows = [(phrase, *(_phrase_cell(keywords.get(phrase, {})) for keywords in found)) for phrase in phrases]
    names = {"self_revision_share": "share", "self_revisions_per_response": "per_response"}
    totals = [{short: figures.get(name) for name, short in names.items()} for figures in evaluations]
    rows.append(("any of them", *map(_phrase_cell, totals)))
    legend = "Share of the responses that hold the phrase, in percent / mean occurrences in a response."
    return Table("Self-revision", ("phrase", *records), tuple(rows), (legend,))


def _phrase_cell(figures: Mapping[str, float | None]) -> str:
    share, per_response = figures.get("share"), figures.get("per_response")
    return ABSENT if share is None or per_response is None else f"{100 * share:.1f} / {per_response:.2f}"
