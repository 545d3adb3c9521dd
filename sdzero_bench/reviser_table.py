"""Generate-then-revise as a table (Table 9 of the paper): what a second look at a draft is worth, by method and round.

Example row: sdzero, round 1, drafts 75.4 ± 3.0, revisions 78.1 ± 2.9, gain +2.7 ± 1.4, 23.0% of the wrong drafts
corrected, 96.1% of the right ones kept, 39.8 and 41.2 tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdzero_bench.method_results import (
    ABSENT,
    Figures,
    MethodResult,
    estimate,
    group_by_label,
    intervals_in_words,
    mean_or_none,
    percent,
    rounds_of,
    states_at,
    tokens,
)
from sdzero_bench.statistics import Estimate
from sdzero_bench.table_formats import Record, Table, write_table

HEADER = (
    "method",
    "round",
    "draft\naccuracy",
    "revision\naccuracy",
    "gain",
    "wrong\ncorrected",
    "right\nkept",
    "draft\ntokens",
    "revision\ntokens",
)


def render_revisers(
    results: Sequence[MethodResult],
    fmt: str = "terminal",
    title: str = "",
    footnotes: Sequence[str] = (),
    width: int = 100,
) -> str:
    """One row a method and round that has revision figures; where results share a label, means over those seeds.

    "1 teacher" is the reviser of round 1 as it was measured before it taught, after SRT where the round has SRT.
    CSV has one line a method, seed, round and state with every figure. A table without such a round has no rows.
    """
    groups = group_by_label(results)
    over_seeds = any(len(runs) > 1 for runs in groups.values())
    rows = []
    for label, runs in groups.items():
        for number in rounds_of(runs):
            states = states_at(runs, number)
            if teachers := [state.teacher for state in states if state.teacher is not None]:
                rows.append((label, f"{number} teacher", *_cells(teachers, over_seeds)))
            if revisions := [state.revision for state in states if state.revision is not None]:
                rows.append((label, "base" if number == 0 else str(number), *_cells(revisions, over_seeds)))
    measured = [s for result in results for state in result.rounds for s in (state.teacher, state.revision) if s]
    ways = intervals_in_words(measured, ["draft_accuracy", "revision_accuracy", "gain"])
    legend = (
        f"Accuracies in percent, ± half-width of the interval ({'Student-t over seeds' if over_seeds else ways}). "
        "Gain: revisions minus drafts, paired. "
        "Wrong corrected, right kept: share (in percent) of the wrong, of the right drafts whose revision is right. "
        '"1 teacher": the reviser of round 1 before it taught.'
    )
    table = Table(title, HEADER, tuple(rows), (legend, *footnotes), keys=2)
    return write_table(table, _records(results), fmt, width)


def _cells(revisions: Sequence[Figures], over_seeds: bool) -> tuple[str, ...]:
    draft, revision, gain = (
        estimate(revisions, name, over_seeds) for name in ("draft_accuracy", "revision_accuracy", "gain")
    )
    corrected, kept, draft_length, revision_length = (
        mean_or_none([value for figures in revisions if (value := figures.get(name)) is not None])
        for name in ("wrong_corrected", "right_kept", "draft_length", "revision_length")
    )
    return (
        percent(draft),
        percent(revision),
        percent(gain, "+"),
        _share(corrected),
        _share(kept),
        tokens(draft_length),
        tokens(revision_length),
    )


def _share(mean: float | None) -> str:
    return ABSENT if mean is None else percent(Estimate(mean, mean, mean, 1))


def _records(results: Sequence[MethodResult]) -> list[Record]:
    def record(run: MethodResult, number: int, state: str, figures: Figures) -> Mapping[str, object]:
        known = {"label": run.label, "method": run.method, "seed": run.seed, "round": number, "state": state}
        return known | dict(figures)

    return [
        record(run, state.round, name, figures)
        for run in results
        for state in run.rounds
        for name, figures in (("teacher", state.teacher), ("round", state.revision))
        if figures is not None
    ]
