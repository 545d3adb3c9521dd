"""What a comparison found, as tables for people and for programs: methods down, rounds across.

Example of one cell, 200 questions with 8 samples each: accuracy in percent with its interval, mean response tokens.

    75.4 ± 3.0
      39.8 tok

A `MethodResult` is what one run directory holds, read back; nothing here looks at seconds, dates or the machine, so
that a table rendered again from the same figures has the same bytes. `reviser_table` and `cost_table` stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdzero_bench.method_results import (
    ABSENT,
    MethodResult,
    RoundResult,
    amount,
    estimate,
    group_by_label,
    intervals_in_words,
    mean_or_none,
    number_or_nan,
    percent,
    rounds_of,
    states_at,
    tokens,
)
from sdzero_bench.statistics import paired_difference
from sdzero_bench.table_formats import Record, Table, write_table

SIGNIFICANT = 0.05  # a method is called ahead only where the paired test's p-value is below this
NOT_AHEAD = "The best method is not ahead of the second best beyond"
OTHERS = "; `table --against METHOD` tests other pairs."
BUDGET = {
    "questions": "questions",
    "samples": "samples",
    "sampled_tokens": "sampled\ntokens",
    "updates": "updates",
    "trained_tokens": "trained\ntokens",
}
NO_INTERVAL_NOTE = "A figure without ± has no interval: there is one value only, or all values are the same."


def render(
    results: Sequence[MethodResult],
    fmt: str = "terminal",
    title: str = "",
    footnotes: Sequence[str] = (),
    width: int = 100,
) -> str:
    """The comparison table of one seed: accuracy and length by round, then what the training cost.

    CSV has one line a method and round with every figure, in full precision. The best method of the last round gets a
    * only where it is ahead of the runner-up beyond noise. Raises ValueError where two results share a label,
    or where there is none.
    """
    groups = _groups(results)
    if shared := [label for label, runs in groups.items() if len(runs) > 1]:
        raise ValueError(
            f"several results are labelled {shared[0]!r}: give them labels of their own, or pool the seeds"
        )
    winner, verdict = _winner(results)
    table = _comparison(groups, winner, title, [_legend(results), *verdict, *footnotes])
    return write_table(table, _records(results, footnotes), fmt, width)


def render_seeds(
    results: Sequence[MethodResult],
    fmt: str = "terminal",
    title: str = "",
    footnotes: Sequence[str] = (),
    width: int = 100,
) -> str:
    """The comparison table pooled over seeds (results that share a label): mean and Student-t interval over seeds.

    CSV has one line a method and round: the means, the intervals' ends and the number of seeds.
    """
    groups = _groups(results)
    seeds = sorted({len(runs) for runs in groups.values()})
    legend = (
        f"Cells: accuracy in percent, mean over {_span(seeds)} seeds ± half-width of its {_confidence(results)} "
        "interval (Student-t over seeds), above the mean response length in tokens. "
        "Budget columns: totals over all rounds, mean over seeds."
    )
    winner, verdict = _winner_over_seeds(groups)
    notes = [legend, *verdict, *_missing_seeds(groups), *footnotes]
    table = _comparison(groups, winner, title, notes, over_seeds=True)
    return write_table(table, _seed_records(groups, footnotes), fmt, width)


def _missing_seeds(groups: Mapping[str, list[MethodResult]]) -> list[str]:
    """Which cells rest on fewer seeds than their method has."""
    numbers = rounds_of([run for runs in groups.values() for run in runs])
    return [
        f"{label}, round {number}: {count} of {len(runs)} seeds only."
        for label, runs in groups.items()
        for number in numbers
        if 0 < (count := len(states_at(runs, number))) < len(runs)
    ]


def _groups(results: Sequence[MethodResult]) -> dict[str, list[MethodResult]]:
    if not any(result.rounds for result in results):
        raise ValueError("no evaluated round to make a table of")
    return group_by_label(results)


def _comparison(
    groups: Mapping[str, list[MethodResult]],
    winner: str | None,
    title: str,
    footnotes: Sequence[str],
    over_seeds: bool = False,
) -> Table:
    results = [run for runs in groups.values() for run in runs]
    numbers = rounds_of(results)
    budget = [name for name in BUDGET if any(name in state.cost for run in results for state in run.rounds)]
    rows = []
    for label, runs in groups.items():
        cells = [_cell(states_at(runs, number), over_seeds) for number in numbers]
        if label == winner:
            cells[-1] = f"*{cells[-1]}"
        last = [run.rounds[-1].cost for run in runs if run.rounds]
        rows.append(
            (label, *cells, *(amount(mean_or_none([cost[name] for cost in last if name in cost])) for name in budget))
        )
    notes = dict.fromkeys([*footnotes, *([] if over_seeds else _round_notes(groups))])
    if any("±" not in cell for row in rows for cell in row[1 : 1 + len(numbers)] if cell != ABSENT):
        notes[NO_INTERVAL_NOTE] = None
    header = (
        "method",
        *("base" if number == 0 else f"round {number}" for number in numbers),
        *(BUDGET[name] for name in budget),
    )
    return Table(title, header, tuple(rows), tuple(notes))


def _cell(states: Sequence[RoundResult], over_seeds: bool) -> str:
    accuracy = estimate([state.evaluation for state in states], "accuracy", over_seeds)
    length = estimate([state.evaluation for state in states], "length_mean", over_seeds)
    return ABSENT if accuracy is None else f"{percent(accuracy)}\n{tokens(length.mean if length else None)} tok"


def _winner(results: Sequence[MethodResult]) -> tuple[str | None, list[str]]:
    """The label of the method ahead in the last round beyond noise, and the footnote that says so, or that none is."""
    if len(results) < 2:
        return None, []
    last = rounds_of(results)[-1]
    final = {result.label: state for result in results for state in states_at([result], last)}
    if len(final) < len(results):
        return None, [f"No method is marked: not all of them have round {last}."]
    if last == 0:
        return None, []
    ranked = sorted(final, key=lambda label: -number_or_nan(final[label].evaluation["accuracy"]))
    first, second = (final[label].per_question for label in ranked[:2])
    if first is None or second is None or not first.keys() & second.keys():
        return None, ["No method is marked: the per-question accuracies that a paired test needs are missing."]
    difference = paired_difference(first, second, 1 - SIGNIFICANT)
    if difference.p_value < SIGNIFICANT and difference.estimate.mean > 0:
        gap = percent(difference.estimate, "+")
        note = f"* ahead of the runner-up ({ranked[1]}) after round {last} beyond evaluation noise: {gap} points"
        return ranked[0], [
            f"{note}, p = {difference.p_value:.2g} (paired t-test over questions; one training run each)."
        ]
    return None, [f"{NOT_AHEAD} evaluation noise (paired t-test over questions, p < {SIGNIFICANT}){OTHERS}"]


def _winner_over_seeds(groups: Mapping[str, list[MethodResult]]) -> tuple[str | None, list[str]]:
    """The same over several training runs: a method is ahead where its lead, taken seed by seed, is beyond their noise.

    A seed's lead is paired (both methods meet the same questions there); seeds are what varies.
    """
    last = rounds_of([run for runs in groups.values() for run in runs])[-1]
    final = {
        label: {
            run.seed: number_or_nan(state.evaluation["accuracy"]) for run in runs for state in states_at([run], last)
        }
        for label, runs in groups.items()
    }
    seeds = set.intersection(*map(set, final.values()))
    if len(final) < 2 or last == 0:
        return None, []
    if len(seeds) < 2 or any(set(of_seed) != seeds for of_seed in final.values()):
        return None, [
            f"No method is marked: round {last} is not there for the same seeds, two or more, of all of them."
        ]
    means = {label: sum(of_seed[seed] for seed in seeds) / len(seeds) for label, of_seed in final.items()}
    first, second = sorted(means, key=lambda label: -means[label])[:2]
    ours, theirs = ({str(seed): final[label][seed] for seed in sorted(seeds)} for label in (first, second))
    difference = paired_difference(ours, theirs, 1 - SIGNIFICANT)
    test = f"(paired t-test over {len(seeds)} seeds"
    if difference.p_value < SIGNIFICANT and difference.estimate.mean > 0:
        gap = percent(difference.estimate, "+")
        note = f"* ahead of the runner-up ({second}) after round {last} beyond the noise of training: {gap} points"
        return first, [f"{note}, p = {difference.p_value:.2g} {test})."]
    return None, [f"{NOT_AHEAD} the noise of training {test}, p < {SIGNIFICANT}){OTHERS}"]


def _legend(results: Sequence[MethodResult]) -> str:
    evaluations = [state.evaluation for result in results for state in result.rounds]
    k, questions = (_span(sorted({int(number_or_nan(e[name])) for e in evaluations})) for name in ("k", "questions"))
    return (
        f"Cells: accuracy in percent (avg@{k}, {questions} questions) ± half-width of its {_confidence(results)} "
        f"interval ({intervals_in_words(evaluations, ['accuracy'])}), above the mean response length in tokens. "
        "Budget columns: totals over all rounds."
    )


def _confidence(results: Sequence[MethodResult]) -> str:
    levels = sorted({number_or_nan(state.evaluation["confidence"]) for result in results for state in result.rounds})
    return "/".join(f"{100 * level:g}%" for level in levels)


def _round_notes(groups: Mapping[str, list[MethodResult]]) -> list[str]:
    return [
        f"{run.label}, round {state.round}: {note}"
        for runs in groups.values()
        for run in runs
        for state in run.rounds
        for note in state.notes
    ]


def _records(results: Sequence[MethodResult], footnotes: Sequence[str]) -> list[Record]:
    return [
        {"label": run.label, "method": run.method, "seed": run.seed, "round": state.round}
        | dict(state.evaluation)
        | {f"revision_{name}": value for name, value in (state.revision or {}).items()}
        | {f"cost_{name}": value for name, value in state.cost.items()}
        | {"notes": " | ".join([*state.notes, *footnotes])}
        for run in results
        for state in run.rounds
    ]


def _seed_records(groups: Mapping[str, list[MethodResult]], footnotes: Sequence[str]) -> list[Record]:
    records: list[Record] = []
    for label, runs in groups.items():
        for number in rounds_of(runs):
            states = states_at(runs, number)
            record: dict[str, object] = {
                "label": label,
                "method": runs[0].method,
                "round": number,
                "seeds": len(states),
            }
            for name in ("accuracy", "length_mean"):
                pooled = estimate([state.evaluation for state in states], name, over_seeds=True)
                if pooled:
                    ends = {"low": pooled.low, "high": pooled.high} if pooled.n > 1 else {"low": None, "high": None}
                    record |= {name: pooled.mean} | {f"{name}_{end}": value for end, value in ends.items()}
            costs = {
                name: mean_or_none([state.cost[name] for state in states if name in state.cost]) for name in BUDGET
            }
            notes = dict.fromkeys(note for state in states for note in state.notes)
            record |= {f"cost_{name}": value for name, value in costs.items() if value is not None}
            records.append(record | {"notes": " | ".join([*notes, *footnotes])})
    return records


def _span(values: Sequence[int]) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"
