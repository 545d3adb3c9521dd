"""A paired comparison of two evaluations as a table: one row a task.

Example row: aime24, 30 questions, A 40.0, B 46.7, A - B -6.7 ± 10.9, p 0.22, exact p 0.25, 3 won / 7 lost / 20 tied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sdzero_bench.cells import share_in_words
from sdzero_bench.method_results import ABSENT
from sdzero_bench.paired_evaluations import PairedEvaluation
from sdzero_bench.table_formats import Record, Table, write_table

Cell = Callable[[PairedEvaluation], str]


def render_paired(
    pairs: Sequence[PairedEvaluation], a: str, b: str, fmt: str = "terminal", title: str = "", width: int = 100
) -> str:
    """The table; `a` and `b` name the two evaluations in its legend.

    Adjusted p-values stand beside the others where several tasks are compared. CSV has every figure in full precision.
    Raises UserError for an unknown format.
    """
    several = len(pairs) > 1
    mcnemar = all(pair.k_a == pair.k_b == 1 for pair in pairs)
    exact = "McNemar" if mcnemar else "sign flips"
    columns: dict[str, Cell] = {
        "n": lambda pair: str(pair.questions),
        "A": lambda pair: share_in_words(pair.accuracy_a) or ABSENT,
        "B": lambda pair: share_in_words(pair.accuracy_b) or ABSENT,
        "A - B": _difference,
        "p": lambda pair: p_in_words(pair.p),
        **({"p, Holm": lambda pair: p_in_words(pair.p_holm)} if several else {}),
        f"p exact,\n{exact}": lambda pair: p_in_words(pair.p_exact),
        **({"p exact,\nHolm": lambda pair: p_in_words(pair.p_exact_holm)} if several else {}),
        "won / lost\n/ tied": lambda pair: f"{pair.won} / {pair.lost} / {pair.tied}",
    }  # fmt: skip
    rows = tuple((pair.task, *(cell(pair) for cell in columns.values())) for pair in pairs)
    table = Table(title, ("task", *columns), rows, tuple(_legend(pairs, a, b, mcnemar)))
    return write_table(table, [_csv_record(pair, a, b) for pair in pairs], fmt, width)


def _difference(pair: PairedEvaluation) -> str:
    difference = pair.difference
    return share_in_words(difference.mean, difference.low, difference.high, "+") or ABSENT


def p_in_words(p: float | None) -> str:
    """'0.21', '0.034', '2e-07'; the dash where there is no p-value."""
    if p is None or math.isnan(p):
        return ABSENT
    return f"{p:.2f}" if p >= 0.095 else f"{p:.3f}" if p >= 0.001 else f"{p:.0e}" if p > 0 else "<1e-300"


def _legend(pairs: Sequence[PairedEvaluation], a: str, b: str, mcnemar: bool) -> list[str]:
    level = f"{100 * pairs[0].confidence:g}%"
    test = (
        "McNemar's exact test"
        if mcnemar
        else "the exact sign-flip test over all patterns (McNemar's where both have k = 1)"
    )
    notes = [
        f"A: {a}. B: {b}. Accuracies in percent over the n questions that both have.",
        f"A - B in points ± half-width of its {level} interval (Student-t over the questions' differences); "
        f"p: paired t-test over questions; p exact: {test}; two-sided. "
        + (f"Holm: adjusted for {len(pairs)} tasks. " if len(pairs) > 1 else "")
        + "Won, lost, tied: questions on which A's mean is higher, lower, the same.",
    ]
    for pair in pairs:
        if pair.only_a or pair.only_b:
            notes.append(f"{pair.task}: left out are {pair.only_a} questions only A has and {pair.only_b} only B has.")
        if pair.k_a != pair.k_b:
            notes.append(f"{pair.task}: A has {pair.k_a} samples a question, B {pair.k_b}.")
    return notes


def _csv_record(pair: PairedEvaluation, a: str, b: str) -> Record:
    record: dict[str, Any] = asdict(pair)
    difference = record.pop("difference")
    record |= {"difference": difference["mean"]}
    record |= {f"difference_{name}": difference[name] for name in ("low", "high", "se")}
    known = {"a": a, "b": b, **record}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in known.items()}
