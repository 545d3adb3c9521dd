"""The figures that a comparison leaves: one `MethodResult` a run directory, and how a figure is written in a table.

Example: MethodResult("sdzero", "sdzero", seed=0, rounds=[RoundResult(0, evaluation={"accuracy": 0.668, ...}), ...]).
Results that share a label are seeds of one setting.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdzero_bench.cells import share_in_words
from sdzero_bench.intervals import IN_WORDS, Interval
from sdzero_bench.statistics import Estimate, pooled_over_seeds

ABSENT = "–"

Figures = Mapping[str, Any]  # numbers, None, and dictionaries of them: see `evaluation_summary`


@dataclass(frozen=True, slots=True)
class RoundResult:
    """The state after one round."""

    round: int  # 0 is the base, before training
    evaluation: Figures  # from `evaluation_summary.summarise`
    revision: Figures | None = None  # from `evaluation_summary.summarise_revisions`
    teacher: Figures | None = None  # the same, of the round's reviser before it taught
    # CUMULATIVE over the rounds: samples, sampled_tokens, updates, trained_tokens, and if wanted questions.
    cost: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()  # for people: become footnotes
    per_question: Mapping[str, float] | None = None  # question id -> mean reward; without it no method is called ahead


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One run: one method, one seed, its rounds in order."""

    label: str  # the row's name: the method's, or one that tells two settings of it apart
    method: str
    seed: int
    rounds: Sequence[RoundResult]


def group_by_label(results: Sequence[MethodResult]) -> dict[str, list[MethodResult]]:
    """Results by label, in the order of first appearance; the members of a group are seeds of one setting."""
    groups: dict[str, list[MethodResult]] = {}
    for result in results:
        groups.setdefault(result.label, []).append(result)
    return groups


def rounds_of(results: Iterable[MethodResult]) -> list[int]:
    """Every round that some result has, ascending."""
    return sorted({state.round for result in results for state in result.rounds})


def states_at(runs: Sequence[MethodResult], number: int) -> list[RoundResult]:
    """The runs' states after round `number`; runs that never got there are left out."""
    return [state for run in runs for state in run.rounds if state.round == number]


def estimate(summaries: Sequence[Figures], name: str, over_seeds: bool = False) -> Estimate | None:
    """The figure `name` with its interval: the summary's own one, or over seeds. None where there is no figure."""
    present = [summary for summary in summaries if summary.get(name) is not None]
    if not present:
        return None
    if over_seeds:
        return pooled_over_seeds(
            [number_or_nan(summary[name]) for summary in present], number_or_nan(present[0].get("confidence"))
        )
    low, high = (number_or_nan(present[0].get(f"{name}_{end}")) for end in ("low", "high"))
    return Estimate(number_or_nan(present[0][name]), low, high, int(number_or_nan(present[0]["questions"])))


def percent(figure: Estimate | None, sign: str = "") -> str:
    """'75.4 ± 3.0' or '93.3 [78.7, 98.2]' from an estimate in shares; sign='+' writes the sign of a difference."""
    text = None if figure is None else share_in_words(figure.mean, figure.low, figure.high, sign)
    return ABSENT if text is None else text


def intervals_in_words(summaries: Iterable[Figures], names: Sequence[str]) -> str:
    """How the intervals of these figures were made, each way once."""
    kinds = {Interval(figures.get(f"{name}_interval") or Interval.STUDENT_T) for figures in summaries for name in names}
    return "; ".join(IN_WORDS[kind] for kind in sorted(kinds))


def tokens(mean: float | None) -> str:
    """A mean length: '39.8', '3,712'."""
    return ABSENT if mean is None else f"{mean:.1f}" if mean < 1000 else f"{mean:,.0f}"


def amount(value: float | None) -> str:
    """A budget figure: '4,560', '612k', '1.23M', '222M'."""
    if value is None:
        return ABSENT
    for limit, unit, letter in ((999.5e6, 1e9, "B"), (999.5e3, 1e6, "M"), (99_999.5, 1e3, "k")):
        if value >= limit:
            scaled = value / unit
            return f"{scaled:.{max(0, 2 - int(math.log10(scaled)))}f}{letter}"
    return f"{value:,.0f}"


def number_or_nan(value: float | None) -> float:
    """None as nan, so that it can be formatted and compared."""
    return math.nan if value is None else float(value)


def mean_or_none(values: Sequence[float]) -> float | None:
    """The plain mean, None of nothing."""
    return math.fsum(values) / len(values) if values else None
