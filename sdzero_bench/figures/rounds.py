"""The picture of a comparison: accuracy and response length by round, one line a method.

Example: plot_rounds(results, Path("accuracy_and_length.png")) writes that file and accuracy_and_length.svg beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from sdzero_bench.figures.style import DARK, STYLES, error_bars, legend_below, new_figure
from sdzero_bench.method_results import MethodResult, estimate, group_by_label, rounds_of, states_at

PANELS = (("accuracy", 100.0, "accuracy (%)"), ("length_mean", 1.0, "mean response length (tokens)"))
DODGE = 0.06  # rounds between neighbouring methods, so that error bars do not cover each other


def plot_rounds(results: Sequence[MethodResult], path: Path) -> None:
    """Write `path` (PNG) and the same picture as SVG beside it; the folder must exist.

    Error bars are the evaluation's intervals (over questions); where results share a label, their mean is drawn with
    its Student-t interval over seeds. Round 0 is the base.
    """
    groups = group_by_label(results)
    over_seeds = any(len(runs) > 1 for runs in groups.values())
    with new_figure(path, panels=2, size=(9, 4.1)) as (figure, panels):
        for panel, (name, scale, title) in zip(panels, PANELS, strict=True):
            _draw(panel, groups, name, scale, over_seeds)
            panel.set_title(title, loc="left", fontsize=11)
            panel.set_xlabel("round")
            numbers = rounds_of(results)
            panel.set_xticks(numbers, ["base" if number == 0 else str(number) for number in numbers])
            panel.grid(visible=False, axis="x")
        legend_below(figure, panels[0])


def _draw(panel: Any, groups: dict[str, list[MethodResult]], name: str, scale: float, over_seeds: bool) -> None:
    bases = [estimate([state.evaluation for state in states_at(runs, 0)], name, over_seeds) for runs in groups.values()]
    shared = bases[0] if bases[0] and all(base == bases[0] for base in bases) else None
    for position, ((label, runs), (colour, marker, line)) in enumerate(zip(groups.items(), cycle(STYLES))):
        points = [
            (number, figure)
            for number in rounds_of(runs)
            if (figure := estimate([state.evaluation for state in states_at(runs, number)], name, over_seeds))
        ]
        shift = DODGE * (position - (len(groups) - 1) / 2)
        panel.errorbar(
            [number + (0 if shared and number == 0 else shift) for number, _ in points],
            [scale * figure.mean for _, figure in points],
            yerr=error_bars([figure for _, figure in points], scale),
            label=label,
            color=colour,
            marker=marker,
            markersize=5.5,
            linestyle=line,
            linewidth=1.5,
            elinewidth=1.0,
            capsize=2.5,
        )
    if shared and len(groups) > 1:  # otherwise the last method's marker would hide the others
        panel.plot([0], [scale * shared.mean], marker="o", markersize=7, color=DARK, zorder=10)
