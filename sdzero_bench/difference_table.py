"""Every method against one of them after the last round: the table that ablations are read from.

Example, three seeds, against sdzero: sdzero-no-srt 66.8, 3 pairs, -5.1 ± 3.9 points, p 0.030, with Holm's adjustment
0.21.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.method_results import (
    ABSENT,
    MethodResult,
    RoundResult,
    estimate,
    group_by_label,
    intervals_in_words,
    number_or_nan,
    percent,
    tokens,
)
from sdzero_bench.paired_table import p_in_words
from sdzero_bench.significance import holm
from sdzero_bench.statistics import Estimate, PairedDifference, paired_difference
from sdzero_bench.table_formats import Record, Table, write_table

Seeds = Mapping[int, RoundResult]  # one method after the round, by seed


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    seeds: int
    accuracy: Estimate | None
    length: Estimate | None
    difference: PairedDifference | None  # to the reference; None for itself, and where nothing is shared
    p_holm: float = math.nan

    @property
    def p_value(self) -> float:
        return math.nan if self.difference is None else self.difference.p_value

    @property
    def pairs(self) -> int:
        return 0 if self.difference is None else self.difference.estimate.n


def render_differences(
    results: Sequence[MethodResult],
    against: str,
    fmt: str = "terminal",
    footnotes: Sequence[str] = (),
    width: int = 100,
) -> str:
    """One row a method after the last round that all runs have: accuracy, length, difference to `against`, p.

    Several seeds: paired by seed, seeds are what varies. One seed: paired by question, which says nothing about another
    training run. Pairs: the seeds or questions that both have, which the difference is taken over. p is adjusted for
    the number of tests (Holm). CSV has every figure in full precision. Raises UserError for a method that is not there.
    """
    groups = group_by_label(results)
    if against not in groups:
        raise UserError(f"--against: {against!r} is not among these runs; there are {', '.join(groups)}")
    last = max(set.intersection(*({state.round for state in run.rounds} for run in results)), default=0)
    if last == 0:
        raise UserError("--against: there is no trained round that all of these runs have finished")
    states = {
        label: {run.seed: state for run in runs for state in run.rounds if state.round == last}
        for label, runs in groups.items()
    }
    over_seeds = any(len(of_seeds) > 1 for of_seeds in states.values())
    rows = _adjusted([_row(label, of, states[against], label == against, over_seeds) for label, of in states.items()])
    every_state = [state for of in states.values() for state in of.values()]
    tests = sum(not math.isnan(row.p_value) for row in rows)
    table = Table(
        f"After round {last}, against {against}",
        ("method", "seeds", "accuracy", "tokens", f"difference\nto {against}", "pairs", "p", "p, Holm"),
        tuple(_cells(row) for row in rows),
        tuple(dict.fromkeys([*_legend(every_state, over_seeds, tests), *footnotes])),
    )
    return write_table(table, [_record(row, against, last) for row in rows], fmt, width)


def _row(label: str, ours: Seeds, theirs: Seeds, itself: bool, over_seeds: bool) -> _Row:
    evaluations = [state.evaluation for state in ours.values()]
    accuracy, length = (estimate(evaluations, name, over_seeds) for name in ("accuracy", "length_mean"))
    difference = None if itself else _difference(ours, theirs, over_seeds)
    return _Row(label, len(ours), accuracy, length, difference)


def _difference(ours: Seeds, theirs: Seeds, over_seeds: bool) -> PairedDifference | None:
    """Over the seeds both have, or over the questions of the one seed; other seeds are other questions."""
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        return None
    a, b = (
        {str(seed): number_or_nan(of[seed].evaluation["accuracy"]) for seed in shared}
        if over_seeds
        else dict(of[shared[0]].per_question or {})
        for of in (ours, theirs)
    )
    confidence = number_or_nan(ours[shared[0]].evaluation["confidence"])
    return paired_difference(a, b, confidence) if a.keys() & b.keys() else None


def _adjusted(rows: Sequence[_Row]) -> list[_Row]:
    tested = [row for row in rows if not math.isnan(row.p_value)]
    adjusted = dict(zip((row.label for row in tested), holm([row.p_value for row in tested]), strict=True))
    return [replace(row, p_holm=adjusted.get(row.label, math.nan)) for row in rows]


def _cells(row: _Row) -> tuple[str, ...]:
    return (
        row.label,
        str(row.seeds),
        percent(row.accuracy),
        tokens(row.length.mean if row.length else None),
        percent(row.difference.estimate, "+") if row.difference else ABSENT,
        str(row.pairs or ABSENT),
        p_in_words(row.p_value),
        p_in_words(row.p_holm),
    )


def _legend(states: Sequence[RoundResult], over_seeds: bool, tests: int) -> list[str]:
    level = f"{100 * number_or_nan(states[0].evaluation['confidence']):g} %"
    kinds = (
        "Student-t over seeds" if over_seeds else intervals_in_words([one.evaluation for one in states], ["accuracy"])
    )
    pairs = (
        "seeds that both methods have; seeds are what varies"
        if over_seeds
        else "questions that both methods have; this speaks of evaluation noise, and not of another training run"
    )
    notes = [
        f"Accuracies in percent ± half-width of the {level} interval ({kinds}). Differences in points, with a paired "
        f"t interval and t-test over pairs: {pairs}."
    ]
    return notes + ([f"Holm: p adjusted for {tests} tests."] if tests > 1 else [])


def _record(row: _Row, against: str, last: int) -> Record:
    record: dict[str, Any] = {"label": row.label, "round": last, "seeds": row.seeds, "against": against}
    figures = {"accuracy": row.accuracy, "length_mean": row.length}
    figures["difference"] = row.difference.estimate if row.difference else None
    for name, found in figures.items():
        ends = (None, None, None) if found is None else (found.mean, found.low, found.high)
        record |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
    record |= {"pairs": row.pairs, "p_value": row.p_value, "p_holm": row.p_holm}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in record.items()}
