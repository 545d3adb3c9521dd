"""Several localisations in one table: the mass in the top 5 % of tokens, wrong responses against right ones.

Example row: sdzero, round 3, seed 0: 20 wrong with 95.6 ± 3.3 %, 80 right with 73.9 ± 4.1 %, +21.7 ± 5.4 points. Seeds
of one method and round get a row of their means beneath them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.cells import share_in_words
from sdzero_bench.localisation.kept import KEY, Policy, read_policy, read_summary
from sdzero_bench.localisation.summary import VERDICTS
from sdzero_bench.localisation.table import MEANINGS
from sdzero_bench.method_results import ABSENT, percent
from sdzero_bench.paired_table import p_in_words
from sdzero_bench.statistics import pooled_over_seeds
from sdzero_bench.table_formats import Record, Table, write_table

KEYS = ("method", "round", "seed")
FIGURES = ("wrong", "right", "top 5 % of\nwrong", "top 5 % of\nright", "wrong -\nright", "p")

Summary = Mapping[str, Any]


def render_localisations(folders: Sequence[Path], fmt: str = "terminal", width: int = 100) -> str:
    """One row a localisation, in the order of methods, rounds and seeds; raises UserError for an unfinished one.

    Only seeds of one setting are pooled: the same settings but for the seed, and each seed once.
    """
    found = [
        (read_policy(folder), read_summary(folder), _setting(folder))
        for folder in {folder.resolve(): folder for folder in folders}.values()
    ]
    order = list(dict.fromkeys(policy.method for policy, *_ in found))
    found.sort(key=lambda one: (order.index(one[0].method), one[0].round, one[0].reviser or "", one[0].seed))
    revisers = any(policy.reviser for policy, *_ in found)
    rows: list[tuple[str, ...]] = []
    for key in dict.fromkeys((policy.method, policy.round, policy.reviser) for policy, *_ in found):
        same = [one for one in found if (one[0].method, one[0].round, one[0].reviser) == key]
        rows += [_row(policy, summary, revisers) for policy, summary, _ in same]
        seeds = {policy.seed for policy, *_ in same}
        if 1 < len(seeds) == len(same) and all(setting == same[0][2] for *_, setting in same):
            rows.append(_pooled(same[0][0], [summary for _, summary, _ in same], revisers))
    keys = (*KEYS, "reviser") if revisers else KEYS
    confidence = f"{100 * found[0][1]['confidence']:g} %"
    notes = (
        f"{MEANINGS} Wrong, right: responses.",
        f"Intervals at {confidence}: Student-t over questions, for differences Welch; of means over seeds Student-t.",
    )
    title = "Where the reviser disagrees with the policy"
    records = [_record(policy, summary) for policy, summary, _ in found]
    return write_table(Table(title, (*keys, *FIGURES), tuple(rows), notes, keys=len(keys)), records, fmt, width)


def _setting(folder: Path) -> dict[str, Any]:
    """run.yaml without what differs from seed to seed."""
    config = dict(yaml.safe_load((folder / "run.yaml").read_text()))
    known = {name: value for name, value in config.pop(KEY).items() if name not in ("policy", "reviser")}
    return {name: value for name, value in config.items() if name != "seed"} | known


def _row(policy: Policy, summary: Summary, revisers: bool) -> tuple[str, ...]:
    shares = [
        share_in_words(of["top_share"], of["top_share_low"], of["top_share_high"]) or ABSENT
        for of in (summary[verdict] for verdict in VERDICTS)
    ]
    gap = summary["difference"]
    return (
        policy.method,
        str(policy.round or "base"),
        str(policy.seed),
        *([policy.reviser or "own"] if revisers else []),
        *(str(summary[verdict]["responses"]) for verdict in VERDICTS),
        *shares,
        ABSENT if gap is None else share_in_words(gap["top_share"], gap["low"], gap["high"], "+") or ABSENT,
        ABSENT if gap is None else p_in_words(gap["p_value"]),
    )


def _pooled(policy: Policy, summaries: Sequence[Summary], revisers: bool) -> tuple[str, ...]:
    """Means over seeds, of those that have the figure."""
    shares = [[one[verdict]["top_share"] for one in summaries] for verdict in VERDICTS]
    gaps = [one["difference"]["top_share"] for one in summaries if one["difference"]]
    known = [[value for value in values if value is not None] for values in (*shares, gaps)]
    means = [pooled_over_seeds(values, summaries[0]["confidence"]) if values else None for values in known]
    cells = [percent(one, sign) for one, sign in zip(means, ("", "", "+"), strict=True)]
    responses = (f"{sum(one[verdict]['responses'] for one in summaries):,}" for verdict in VERDICTS)
    keys = (policy.method, str(policy.round or "base"), f"mean of {len(summaries)}")
    return *keys, *([policy.reviser or "own"] if revisers else []), *responses, *cells, ABSENT


def _record(policy: Policy, summary: Summary) -> Record:
    record: dict[str, Any] = {"method": policy.method, "round": policy.round, "seed": policy.seed}
    record["reviser"] = policy.reviser
    for verdict in VERDICTS:
        names = ("responses", "top_share", "top_share_low", "top_share_high")
        record |= {f"{verdict}_{name}": summary[verdict][name] for name in names}
    gap = summary["difference"] or dict.fromkeys(("top_share", "low", "high", "p_value"))
    return record | {f"difference_{name}": gap[name] for name in ("top_share", "low", "high", "p_value")}
