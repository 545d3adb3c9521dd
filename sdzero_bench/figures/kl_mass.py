"""Figure 4 of the paper, from our runs: how the token KL reward is spread over the tokens of a response."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sdzero_bench.figures.style import GREY, STYLES, legend_below, new_figure
from sdzero_bench.localisation.summary import VERDICTS

ACROSS = 3  # panels in a row


def plot_kl_mass(summaries: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Figure 4: share of the KL mass by rank of the token, wrong against right responses; a panel a localisation.

    summaries: what `localize` kept in summary.json, by title. Bands are the intervals over questions.
    """
    across = min(len(summaries), ACROSS)
    rows = math.ceil(len(summaries) / across)
    size = (1.2 + 4.6 * across, 0.6 + 3.4 * rows)
    with new_figure(path, panels=across, size=size, rows=rows) as (figure, drawn):
        panels = np.atleast_1d(drawn).ravel()
        for empty in panels[len(summaries) :]:
            empty.set_axis_off()
        for panel, (title, summary) in zip(panels, summaries.items(), strict=False):
            middles = (np.arange(summary["bins"]) + 0.5) * 100 / summary["bins"]
            for verdict, (colour, marker, line) in zip(VERDICTS, STYLES[1::-1], strict=True):
                figures = summary[verdict]
                if figures["top_share"] is None:
                    continue
                shares, low, high = (
                    [math.nan if share is None else 100 * share for share in figures[f"by_rank{end}"]]
                    for end in ("", "_low", "_high")
                )
                panel.plot(
                    middles, shares, label=f"{verdict} responses", color=colour, marker=marker, linestyle=line,
                    markersize=4,
                )  # fmt: skip
                panel.fill_between(middles, low, high, color=colour, alpha=0.15, linewidth=0)
            panel.axhline(100 / summary["bins"], color=GREY, linewidth=1, linestyle=(0, (2, 2)))
            panel.annotate(
                "spread evenly", (100, 100 / summary["bins"]), ha="right", va="bottom", color=GREY, fontsize=9
            )
            panel.set_title(title, loc="left", fontsize=11)
            panel.set_xlabel("tokens by KL reward, largest first (%)")
        for panel in panels[::across]:
            panel.set_ylabel("share of the KL mass (%)")
        legend_below(figure, *panels)
