"""Figure 3 of the paper, from our runs: accuracy against the tokens that training sampled.

Example: plot_tokens(results, Path("figure3.png")) writes that file and figure3.svg beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from sdzero_bench.figures.style import STYLES, legend_below, new_figure
from sdzero_bench.method_results import MethodResult, estimate, group_by_label, mean_or_none, rounds_of, states_at


def plot_tokens(results: Sequence[MethodResult], path: Path) -> None:
    """Figure 3: accuracy after each round against the tokens sampled until then. Error bars as in the tables.

    Where results share a label (seeds), means over them. What is fine-tuned on given solutions samples nothing, and
    stays at 0.
    """
    groups = group_by_label(results)
    over_seeds = any(len(runs) > 1 for runs in groups.values())
    with new_figure(path, panels=1, size=(6.2, 4.2)) as (figure, panel):
        for (label, runs), (colour, marker, line) in zip(groups.items(), cycle(STYLES)):
            points = []
            for number in rounds_of(runs):
                states = states_at(runs, number)
                found = estimate([state.evaluation for state in states], "accuracy", over_seeds)
                spent = mean_or_none([state.cost.get("sampled_tokens", 0) for state in states])
                if found and spent is not None:
                    points.append((spent, found))
            sides = [(found.mean - found.low, found.high - found.mean) for _, found in points]
            panel.errorbar(
                [spent for spent, _ in points],
                [100 * found.mean for _, found in points],
                yerr=[[0.0 if math.isnan(side) else 100 * side for side in way] for way in zip(*sides, strict=True)],
                label=label, color=colour, marker=marker, linestyle=line, markersize=5.5, capsize=2.5, elinewidth=1.0,
            )  # fmt: skip
        panel.set_xlabel("tokens sampled for training")
        panel.set_ylabel("accuracy (%)")
        panel.xaxis.set_major_formatter("{x:,.0f}")
        legend_below(figure, panel)
