"""Figure 3 of the paper, from our runs: accuracy against the length of responses, round by round.

Example: plot_tokens(results, Path("figure3.png")) writes that file and figure3.svg beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from sdzero_bench.figures.style import STYLES, error_bars, legend_below, new_figure
from sdzero_bench.method_results import MethodResult, estimate, group_by_label, rounds_of, states_at


def plot_tokens(results: Sequence[MethodResult], path: Path) -> None:
    """Figure 3: accuracy after each round against the mean response length then. Error bars as in the tables.

    Where results share a label (seeds), means over them. Small markers are earlier rounds, the large one is the last.
    """
    groups = group_by_label(results)
    over_seeds = any(len(runs) > 1 for runs in groups.values())
    with new_figure(path, panels=1, size=(6.2, 4.2)) as (figure, panel):
        for (label, runs), (colour, marker, line) in zip(groups.items(), cycle(STYLES)):
            points = []
            for number in rounds_of(runs):
                states = states_at(runs, number)
                found = estimate([state.evaluation for state in states], "accuracy", over_seeds)
                length = estimate([state.evaluation for state in states], "length_mean", over_seeds)
                if found and length:
                    points.append((length.mean, found))
            if not points:
                continue
            panel.errorbar(
                [length for length, _ in points],
                [100 * found.mean for _, found in points],
                yerr=error_bars([found for _, found in points], 100),
                label=label, color=colour, marker=marker, linestyle=line, markersize=4, capsize=2.5, elinewidth=1.0,
            )  # fmt: skip
            panel.plot(points[-1][0], 100 * points[-1][1].mean, color=colour, marker=marker, markersize=9, zorder=4)
        panel.set_xlabel("mean response length (tokens)")
        panel.set_ylabel("accuracy (%)")
        legend_below(figure, panel)
