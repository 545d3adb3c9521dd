"""Every method against one of them after the last round: the table that ablations are read from.

Example, three seeds, against sdzero: sdzero-no-srt 66.8, -5.1 ± 3.9 points, p 0.030, with Holm's adjustment 0.21.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.method_results import (
    ABSENT,
    MethodResult,
    RoundResult,
    estimate,
    group_by_label,
    number_or_nan,
    percent,
    rounds_of,
    tokens,
)
from sdzero_bench.paired_table import p_in_words
from sdzero_bench.significance import holm
from sdzero_bench.statistics import Estimate, PairedDifference, paired_difference
from sdzero_bench.table_formats import Record, Table, write_table

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    seeds: int
    accuracy: Estimate | None
    length: Estimate | None
    difference: PairedDifference | None  # to the reference; None for itself, and where nothing is shared
    p_holm: float = math.nan


def render_differences(
    results: Sequence[MethodResult],
    against: str,
    fmt: str = "terminal",
    title: str = "",
    footnotes: Sequence[str] = (),
    width: int = 100,
) -> str:
    """One row a method after the last round that all have: accuracy, length, difference to `against` with interval, p.

    Several seeds: paired by seed, seeds are what varies. One seed: paired by question, which says nothing about another
    training run. p is adjusted for the number of methods (Holm). CSV has every figure in full precision. Raises
    UserError for a method that is not there.
    """
    groups = group_by_label(results)
    if against not in groups:
        raise UserError(f"--against: {against!r} is not among these runs; there are {', '.join(groups)}")
    numbers = set.intersection(*(set(rounds_of(runs)) for runs in groups.values()))
    last = max(numbers, default=0)
    if last == 0:
        raise UserError("--against: there is no trained round that all of these methods have finished")
    states = {label: {run.seed: _state(run, last) for run in runs} for label, runs in groups.items()}
    over_seeds = any(len(of_seeds) > 1 for of_seeds in states.values())
    rows = _adjusted([_row(label, of, states[against], label == against, over_seeds) for label, of in states.items()])
    table = Table(
        title or f"After round {last}, against {against}",
        ("method", "seeds", "accuracy", "tokens", f"difference\nto {against}", "p", "p, Holm"),
        tuple(_cells(row) for row in rows),
        (_legend(over_seeds, sum(row.difference is not None for row in rows)), *footnotes),
    )
    return write_table(table, [_record(row, against, last) for row in rows], fmt, width)


Seeds = Mapping[int, RoundResult | None]


def _state(run: MethodResult, number: int) -> RoundResult | None:
    return next((state for state in run.rounds if state.round == number), None)


def _row(label: str, ours: Seeds, theirs: Seeds, itself: bool, over_seeds: bool) -> _Row:
    present = [state for state in ours.values() if state is not None]
    accuracy, length = (
        estimate([state.evaluation for state in present], name, over_seeds) for name in ("accuracy", "length_mean")
    )
    difference = None if itself else _difference(ours, theirs, over_seeds)
    return _Row(label, len(present), accuracy, length, difference)


def _difference(ours: Seeds, theirs: Seeds, over_seeds: bool) -> PairedDifference | None:
    """Over the seeds both have, or over the questions of the one seed."""
    a, b = (_accuracy_by_seed(of) if over_seeds else _accuracy_by_question(of) for of in (ours, theirs))
    return paired_difference(a, b, CONFIDENCE) if a.keys() & b.keys() else None


def _accuracy_by_seed(of: Seeds) -> dict[str, float]:
    return {str(seed): number_or_nan(state.evaluation["accuracy"]) for seed, state in of.items() if state is not None}


def _accuracy_by_question(of: Seeds) -> Mapping[str, float]:
    return next((state.per_question or {} for state in of.values() if state is not None), {})


def _adjusted(rows: Sequence[_Row]) -> list[_Row]:
    tested = [row for row in rows if row.difference is not None and not math.isnan(row.difference.p_value)]
    adjusted = dict(zip((row.label for row in tested), holm([_p(row) for row in tested]), strict=True))
    return [
        _Row(row.label, row.seeds, row.accuracy, row.length, row.difference, adjusted.get(row.label, math.nan))
        for row in rows
    ]


def _p(row: _Row) -> float:
    return math.nan if row.difference is None else row.difference.p_value


def _cells(row: _Row) -> tuple[str, ...]:
    return (
        row.label,
        str(row.seeds),
        percent(row.accuracy),
        tokens(row.length.mean if row.length else None),
        percent(row.difference.estimate, "+") if row.difference else ABSENT,
        p_in_words(_p(row)),
        p_in_words(row.p_holm),
    )


def _legend(over_seeds: bool, count: int) -> str:
    how = (
        "over seeds (Student-t); differences are taken seed by seed"
        if over_seeds
        else "over questions (Student-t); differences are taken question by question, and say nothing about another "
        "training run"
    )
    return (
        f"Accuracies in percent, differences in points, ± half-width of the 95 % interval {how}; p: paired t-test; "
        f"Holm: adjusted for {count} methods."
    )


def _record(row: _Row, against: str, last: int) -> Record:
    record: dict[str, Any] = {"label": row.label, "round": last, "seeds": row.seeds, "against": against}
    figures = {"accuracy": row.accuracy, "length_mean": row.length}
    figures["difference"] = row.difference.estimate if row.difference else None
    for name, found in figures.items():
        ends = (None, None, None) if found is None else (found.mean, found.low, found.high)
        record |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
    record |= {"p_value": _p(row), "p_holm": row.p_holm}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in record.items()}
