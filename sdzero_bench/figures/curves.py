"""Figures 5 and 6 of the paper, from our runs: accuracy, length and self-revision over the updates of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from sdzero_bench.figures.style import STYLES, legend_below, new_figure
from sdzero_bench.training_curve import TrainingCurve

SMOOTHED = 5  # steps of a running mean
TITLES = ("mean response length (tokens)", "responses that revise themselves (%)")


def plot_teacher(curves: Sequence[TrainingCurve], path: Path) -> None:
    """Figure 5: accuracy over updates, with the updates at which the teacher was frozen or synchronised.

    Points with bars: held-out evaluations and their intervals. Thin lines: reward of the training samples, a running
    mean over 5 steps.
    """
    with new_figure(path, panels=1, size=(7.4, 4.2)) as (figure, panel):
        for number, (curve, (colour, marker, line)) in enumerate(zip(curves, cycle(STYLES))):
            _thin(panel, curve, [100 * step.reward for step in curve.steps], colour)
            evaluations = [one for one in curve.evaluations if one.figures["accuracy"] is not None]
            means, sides = _bars([one.figures for one in evaluations])
            panel.errorbar(
                [one.update for one in evaluations], means, yerr=sides, label=_name(curve, curves), color=colour,
                marker=marker, linestyle=line, markersize=6, capsize=2.5, elinewidth=1.0, zorder=3,
            )  # fmt: skip
            for count, update in enumerate(curve.teachers):
                panel.axvline(update, color=colour, linewidth=1, linestyle=(0, (1, 2)))
                if number == 0:
                    text = "teacher frozen" if count == 0 else "synchronised"
                    panel.annotate(
                        text, (update, 0.02), xycoords=("data", "axes fraction"), rotation=90, ha="right", va="bottom",
                        fontsize=8, color=colour,
                    )  # fmt: skip
        panel.set_xlabel("updates")
        panel.set_ylabel("accuracy (%)")
        legend_below(figure, panel)


def plot_self_revision(curves: Sequence[TrainingCurve], path: Path) -> None:
    """Figure 6: response length, and the share of responses with a self-revision phrase, over training.

    Markers are held-out evaluations, thin lines the training samples of on-policy phases, shaded stretches training on
    fixed examples of the first curve (SRT).
    """
    with new_figure(path, panels=2, size=(9.6, 4.1)) as (figure, panels):
        for curve, (colour, marker, line) in zip(curves, cycle(STYLES)):
            lengths, phrases = ([step.length for step in curve.steps], [100 * s.self_revision for s in curve.steps])
            for panel, thin, name, scale in (
                (panels[0], lengths, "length_mean", 1.0),
                (panels[1], phrases, "self_revision_share", 100.0),
            ):
                _thin(panel, curve, thin, colour)
                panel.plot(
                    [one.update for one in curve.evaluations],
                    [scale * one.figures[name] for one in curve.evaluations],
                    label=_name(curve, curves), color=colour, marker=marker, linestyle=line, markersize=6, zorder=3,
                )  # fmt: skip
        for panel, title in zip(panels, TITLES, strict=True):
            panel.set_title(title, loc="left", fontsize=11)
            panel.set_xlabel("updates")
            panel.set_ylim(bottom=0)
            for start, end in curves[0].supervised:
                panel.axvspan(start, end, color="#000000", alpha=0.07, linewidth=0)
        legend_below(figure, panels[0])


def _name(curve: TrainingCurve, curves: Sequence[TrainingCurve]) -> str:
    several = len({other.seed for other in curves}) > 1
    return f"{curve.label}, seed {curve.seed}" if several else curve.label


def _thin(panel: Any, curve: TrainingCurve, values: Sequence[float], colour: str) -> None:
    """A running mean of training samples; phases are not joined."""
    for phase in sorted({step.phase for step in curve.steps}):
        of_phase = [number for number, step in enumerate(curve.steps) if step.phase == phase]
        part = np.asarray([values[number] for number in of_phase], float)
        updates = np.asarray([curve.steps[number].update for number in of_phase], float)
        window = np.ones(min(SMOOTHED, len(part))) / min(SMOOTHED, len(part))
        panel.plot(
            np.convolve(updates, window, mode="valid"), np.convolve(part, window, mode="valid"),
            color=colour, linewidth=1, alpha=0.55,
        )  # fmt: skip


def _bars(figures: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[list[float]]]:
    means = [100 * one["accuracy"] for one in figures]
    ends = [
        [
            0.0 if one[f"accuracy_{end}"] is None else 100 * abs(one[f"accuracy_{end}"] - one["accuracy"])
            for one in figures
        ]
        for end in ("low", "high")
    ]
    return means, ends
