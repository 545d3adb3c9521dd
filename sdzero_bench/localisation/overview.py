"""Several localisations in one table: the mass in the top 5 % of tokens, wrong responses against right ones.

Example row: sdzero, round 3, seed 0: 20 wrong with 95.6 ± 3.3 %, 80 right with 73.9 ± 4.1 %, +21.7 ± 5.4 points. Seeds
of one method and round get a row of their means beneath them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sdzero_bench.cells import share_in_words
from sdzero_bench.localisation.kept import Policy, read_policy, read_summary
from sdzero_bench.localisation.summary import VERDICTS
from sdzero_bench.localisation.table import MEANINGS
from sdzero_bench.method_results import ABSENT, percent
from sdzero_bench.paired_table import p_in_words
from sdzero_bench.statistics import pooled_over_seeds
from sdzero_bench.table_formats import Record, Table, write_table

HEADER = (
    "method", "round", "seed", "wrong", "right", "top 5 % of\nwrong", "top 5 % of\nright", "wrong -\nright", "p",
)  # fmt: skip

Summary = Mapping[str, Any]


def render_localisations(folders: Sequence[Path], fmt: str = "terminal", width: int = 100) -> str:
    """One row a localisation, in the order of rounds and seeds; raises UserError for another folder."""
    found = [(read_policy(folder), read_summary(folder)) for folder in folders]
    order = list(dict.fromkeys(policy.method for policy, _ in found))
    found.sort(key=lambda one: (order.index(one[0].method), one[0].round, one[0].seed))
    rows: list[tuple[str, ...]] = []
    for method, number in dict.fromkeys((policy.method, policy.round) for policy, _ in found):
        same = [one for one in found if (one[0].method, one[0].round) == (method, number)]
        rows += [_row(*one) for one in same]
        if len({policy.seed for policy, _ in same}) > 1 and len(same) > 1:
            rows.append(_pooled(method, number, [summary for _, summary in same]))
    confidence = f"{100 * found[0][1]['confidence']:g} %"
    notes = (
        f"{MEANINGS} Wrong, right: responses.",
        f"Intervals at {confidence}: Student-t over questions, for differences Welch; of means over seeds Student-t.",
    )
    title = "Where the reviser disagrees with the policy"
    records = [_record(*one) for one in found]
    return write_table(Table(title, HEADER, tuple(rows), notes, keys=3), records, fmt, width)


def _row(policy: Policy, summary: Summary) -> tuple[str, ...]:
    shares = [
        share_in_words(of["top_share"], of["top_share_low"], of["top_share_high"]) or ABSENT
        for of in (summary[verdict] for verdict in VERDICTS)
    ]
    gap = summary["difference"]
    return (
        policy.method,
        str(policy.round or "base"),
        str(policy.seed),
        *(str(summary[verdict]["responses"]) for verdict in VERDICTS),
        *shares,
        ABSENT if gap is None else share_in_words(gap["top_share"], gap["low"], gap["high"], "+") or ABSENT,
        ABSENT if gap is None else p_in_words(gap["p_value"]),
    )


def _pooled(method: str, number: int, summaries: Sequence[Summary]) -> tuple[str, ...]:
    """Means over seeds, of those that have the figure."""
    shares = [[one[verdict]["top_share"] for one in summaries] for verdict in VERDICTS]
    gaps = [one["difference"]["top_share"] for one in summaries if one["difference"]]
    known = [[value for value in values if value is not None] for values in (*shares, gaps)]
    means = [pooled_over_seeds(values, summaries[0]["confidence"]) if values else None for values in known]
    cells = [percent(one, sign) for one, sign in zip(means, ("", "", "+"), strict=True)]
    responses = (f"{sum(one[verdict]['responses'] for one in summaries):,}" for verdict in VERDICTS)
    return method, str(number or "base"), f"mean of {len(summaries)}", *responses, *cells, ABSENT


def _record(policy: Policy, summary: Summary) -> Record:
    record: dict[str, Any] = {"method": policy.method, "round": policy.round, "seed": policy.seed}
    for verdict in VERDICTS:
        names = ("responses", "top_share", "top_share_low", "top_share_high")
        record |= {f"{verdict}_{name}": summary[verdict][name] for name in names}
    gap = summary["difference"] or dict.fromkeys(("top_share", "low", "high", "p_value"))
    return record | {f"difference_{name}": gap[name] for name in ("top_share", "low", "high", "p_value")}
