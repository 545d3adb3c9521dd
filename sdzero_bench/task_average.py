"""The unweighted average of several tasks' figures: the row that a group of benchmarks gets.

Example: aime24 0.40 ± 0.16 and aime25 0.30 ± 0.12 (30 questions each) average 0.35 ± 0.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdzero_bench.method_results import number_or_nan
from sdzero_bench.statistics import Estimate, average_over_tasks


def average_figures(evaluations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Averages of what `evaluation_summary.summarise` gave for each task; every task counts the same.

    {"tasks", "questions" (all of them), "k", "accuracy", "accuracy_low", "accuracy_high", "accuracy_se", "pass_at_k",
    "maj_at_k", "length_mean", "length_unit", "truncated_share"}: None for what not all tasks have, or have of another k
    or unit. The interval is `statistics.average_over_tasks`. Raises ValueError without evaluations.
    """
    accuracy = average_over_tasks([_accuracy(figures) for figures in evaluations])
    average: dict[str, Any] = {
        "tasks": len(evaluations),
        "questions": sum(figures["questions"] for figures in evaluations),
        "k": _common([figures["k"] for figures in evaluations]),
        "accuracy": accuracy.mean,
    }
    ends = {"low": accuracy.low, "high": accuracy.high, "se": accuracy.se}
    average |= {f"accuracy_{name}": None if end != end else end for name, end in ends.items()}  # nan is not JSON
    unit = _common([figures.get("length_unit", "tokens") for figures in evaluations])
    comparable = {
        "pass_at_k": average["k"] is not None,
        "maj_at_k": average["k"] is not None,
        "length_mean": unit is not None,
        "truncated_share": True,
    }
    for name, is_comparable in comparable.items():
        values = [value for figures in evaluations if (value := figures.get(name)) is not None]
        complete = is_comparable and len(values) == len(evaluations)
        average[name] = sum(values) / len(values) if complete else None
    return average | {"length_unit": unit}


def _accuracy(figures: Mapping[str, Any]) -> Estimate:
    low, high, se = (number_or_nan(figures.get(f"accuracy_{name}")) for name in ("low", "high", "se"))
    return Estimate(figures["accuracy"], low, high, figures["questions"], se)


def _common(values: Sequence[Any]) -> Any:
    return values[0] if len(set(values)) == 1 else None
