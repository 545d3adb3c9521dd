"""`report`: several runs as one HTML page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sdzero_bench.cli.options import option

LARGE = 5_000_000  # bytes


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: sdzero-bench report results/compare-embedded-s0 results/localize-* -o report.html")(
        report
    )


def report(
    runs: Annotated[
        list[Path], typer.Argument(help="Comparisons, run directories, outputs of `eval` and of `localize`.")
    ],
    out: Annotated[Path | None, option("--out", "-o", help="The file to write (default: report.html).")] = None,
    samples: Annotated[int, typer.Option("--samples", help="Most of each evaluation; 0: every sample.")] = 512,
    characters: Annotated[
        int, typer.Option("--characters", help="Longer texts lose their middle; 0: none does.")
    ] = 4000,
    heatmaps: Annotated[int, typer.Option("--heatmaps", help="Responses of each localisation; 0: all.")] = 100,
) -> None:
    """Write one HTML file with tables, plots, samples, token rewards, budgets and settings; needs no network."""
    from sdzero_bench.errors import UserError
    from sdzero_bench.report.page import Limits, write_report

    for name, value in (("--samples", samples), ("--characters", characters), ("--heatmaps", heatmaps)):
        if value < 0:
            raise UserError(f"{name}: {value} is negative; give a whole number, 0 for no limit")
    target = out or Path("report.html")
    if target.is_dir():
        raise UserError(f"--out: {target} is a folder; name the file to write")
    size = write_report(runs, target, Limits(samples, characters, heatmaps))
    print(f"{target} ({size / 1e6:.1f} MB)")
    if size > LARGE:
        print("smaller with fewer --samples, --characters or --heatmaps", file=sys.stderr)
