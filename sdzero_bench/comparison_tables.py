"""The tables of run directories and comparisons. The same directories give the same bytes.

Example: render_tables([Path("results/compare-embedded-s0")]) is what `compare` printed, and `table` prints again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdzero_bench.cost_table import render_costs
from sdzero_bench.difference_table import render_differences
from sdzero_bench.results_table import render, render_seeds
from sdzero_bench.reviser_table import render_revisers
from sdzero_bench.run_results import read_costs, read_results


def render_tables(paths: Sequence[Path], fmt: str = "terminal") -> str:
    """The comparison, over seeds where a method has several, and the reviser table (not in CSV)."""
    results, remarks = read_results(paths)
    labels = [result.label for result in results]
    main = render_seeds if len(set(labels)) < len(labels) else render
    parts = [main(results, fmt, "Accuracy and response length by round", remarks)]
    if fmt != "csv" and any(state.revision for result in results for state in result.rounds):
        parts.append(render_revisers(results, fmt, "Generate, then revise"))
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def render_against(paths: Sequence[Path], against: str, fmt: str = "terminal") -> str:
    """Every method's difference to one of them after the last round."""
    results, remarks = read_results(paths)
    return render_differences(results, against, fmt, footnotes=remarks)


def render_cost_table(paths: Sequence[Path], fmt: str = "terminal") -> str:
    """The ledger by phase, with seconds."""
    return render_costs(read_costs(paths), fmt, "Cost by phase").rstrip("\n") + "\n"
