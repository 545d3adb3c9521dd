"""What localisation found, as a table: wrong responses against right ones.

Example row: wrong, 77 responses, 29.1 tokens, 0.21 nats a token, 41.2 ± 3.1 % of the mass in the top 5 % of tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdzero_bench.cells import share_in_words
from sdzero_bench.localisation.summary import VERDICTS
from sdzero_bench.method_results import ABSENT, tokens
from sdzero_bench.paired_table import p_in_words
from sdzero_bench.table_formats import Record, Table, write_table

HEADER = ("responses", "n", "tokens", "nats a\ntoken", "mass in the\ntop 5 %", "mass in the\ntop 25 %")
MEANINGS = (
    "Token reward: log-probability of a sampled token under the policy less that under the reviser, who has read the "
    "whole response and the control phrase of its verdict. Mass: the positive rewards; top 5 %: of a response's "
    "tokens, ranked by reward. Evenly spread mass would be 5 % there."
)


def render_localisation(summary: Mapping[str, Any], fmt: str = "terminal", title: str = "", width: int = 100) -> str:
    """One row for wrong and one for right responses; CSV has every figure, mass by rank too."""
    rows = [(verdict, *_cells(summary[verdict])) for verdict in VERDICTS]
    notes = [f"{MEANINGS} Intervals: {100 * summary['confidence']:g} %, Student-t over questions.", _verdict(summary)]
    for verdict in VERDICTS:
        if without := summary[verdict]["without_mass"]:
            notes.append(f"{without} {verdict} responses have no token that the reviser finds less likely: no mass.")
    if left_out := summary["left_out"]:
        notes.append(f"{left_out} responses are left out: not one token fits into the reviser's context.")
    return write_table(Table(title, HEADER, tuple(rows), tuple(notes)), _records(summary), fmt, width)


def _cells(figures: Mapping[str, Any]) -> list[str]:
    per_token = figures["reward_per_token"]
    quarter = len(figures["by_rank"]) // 4
    top_quarter = None if figures["top_share"] is None else sum(figures["by_rank"][:quarter])
    return [
        str(figures["responses"]),
        tokens(figures["tokens"]),
        ABSENT if per_token is None else f"{per_token:.3f}",
        share_in_words(figures["top_share"], figures["top_share_low"], figures["top_share_high"]) or ABSENT,
        share_in_words(top_quarter) or ABSENT,
    ]


def _verdict(summary: Mapping[str, Any]) -> str:
    difference = summary["difference"]
    if difference is None:
        return "Wrong and right responses are not compared: too few of them have any mass, or they are all alike."
    gap = share_in_words(difference["top_share"], difference["low"], difference["high"], "+")
    wider = (
        "is not told apart from that of right ones"
        if difference["low"] <= 0 <= difference["high"]
        else "is more concentrated than that of right ones, as in the paper"
        if difference["low"] > 0
        else "is LESS concentrated than that of right ones, unlike in the paper"
    )
    p = p_in_words(difference["p_value"])
    return f"The mass of wrong responses {wider}: {gap} points in the top 5 % (Welch, p {p})."


def _records(summary: Mapping[str, Any]) -> list[Record]:
    records: list[Record] = []
    for verdict in VERDICTS:
        figures = dict(summary[verdict])
        by_rank = {name: figures.pop(name) for name in ("by_rank", "by_rank_low", "by_rank_high")}
        flat = {f"{name}_{bin_ + 1}": value for name, values in by_rank.items() for bin_, value in enumerate(values)}
        records.append({"responses_are": verdict} | figures | flat)
    return records
