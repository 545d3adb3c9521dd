"""How every figure looks, and how it is written.

Colours are Okabe and Ito's (2008), told apart with any colour vision; markers and dashes do it in black and white.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sdzero_bench.statistics import Estimate

# Colour, marker, line; Okabe-Ito without its yellow, too faint on white.
STYLES = (
    ("#0072B2", "o", "-"),
    ("#D55E00", "s", "--"),
    ("#009E73", "^", "-."),
    ("#CC79A7", "D", ":"),
    ("#000000", "v", (0, (5, 1, 1, 1, 1, 1))),
    ("#56B4E9", "P", (0, (8, 2))),
    ("#E69F00", "X", (0, (1, 1))),
)
GREY = "#777777"  # what is not a method
DARK = "#444444"  # what all methods share: the base
SETTINGS = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "svg.hashsalt": "sdzero-bench",  # the same figures give the same bytes
    "svg.fonttype": "none",
}


@contextmanager
def new_figure(path: Path, panels: int, size: tuple[float, float], rows: int = 1) -> Iterator[tuple[Any, Any]]:
    """(figure, its panels side by side, or in `rows`); written as `path` (PNG) and as SVG beside it.

    panels: in a row. The folder must exist.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=size, layout="constrained")
        yield figure, figure.subplots(rows, panels)
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), dpi=160)


def error_bars(estimates: Sequence[Estimate], scale: float) -> list[list[float]]:
    """[down, up] of each, times `scale`, as matplotlib takes them; 0 where there is no interval."""
    sides = ([one.mean - one.low for one in estimates], [one.high - one.mean for one in estimates])
    return [[0.0 if math.isnan(side) else scale * side for side in way] for way in sides]


def legend_below(figure: Any, *panels: Any) -> None:
    """One legend for all panels."""
    entries = {
        label: handle for panel in panels for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    if entries:
        figure.legend(
            entries.values(), entries, loc="outside lower center", ncols=min(6, len(entries)), frameon=False,
            handlelength=3.2,
        )  # fmt: skip
