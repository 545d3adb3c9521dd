"""`paper`: the published tables, ours beside them, and the figures drawn from our runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdzero_bench.cli.options import check_format, option

FIGURES = {
    "figure3": "comparisons or run directories (accuracy against response length)",
    "figure4": "outputs of `localize` (KL mass by rank of the token)",
    "figure5": "comparisons or run directories (accuracy over updates, teacher synchronisation)",
    "figure6": "comparisons or run directories (length and self-revision over updates)",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: sdzero-bench paper table1 --runs results/compare-qwen3-4b-math-s0")(paper)


def paper(
    name: Annotated[str, typer.Argument(help="table1, 7 to 13, budget, or `all` tables; figure3 to figure6.")],
    runs: Annotated[
        list[Path] | None,
        option("--runs", help="Comparisons, run directories, outputs of `eval` (figure4: of `localize`); repeatable."),
    ] = None,
    fmt: Annotated[str, typer.Option("--format", "-f", help="terminal, markdown, csv, latex or html.")] = "terminal",
    out: Annotated[Path | None, option("--out", "-o", help="A figure: the PNG; SVG beside it.")] = None,
) -> None:
    """Render a table of the paper with our figures and the difference, or draw one of its figures from our runs."""
    from sdzero_bench.errors import UserError

    if name.startswith("figure"):
        if fmt != "terminal" or (out is not None and out.suffix not in ("", ".png")):
            raise UserError("--out: a figure is written as PNG, and as SVG beside it; leave --format out")
        draw(name, runs or [], out or Path(f"{name}.png"))
        return
    from sdzero_bench.paper.ours import read_measured
    from sdzero_bench.paper.published import published, table_names
    from sdzero_bench.paper.table import render_published

    if out is not None:
        raise UserError("--out: belongs to figures; a table is printed")
    check_format(fmt)
    name = f"table{name}" if name.isdecimal() else name
    tables = [published(one) for one in (table_names() if name == "all" else [name])]
    measured = read_measured(runs) if runs else None
    print("\n".join(render_published(table, measured, fmt) for table in tables), end="")


def draw(name: str, runs: list[Path], out: Path) -> None:
    """One figure. Raises UserError for an unknown one, or without runs to draw."""
    from sdzero_bench.errors import UserError

    if name not in FIGURES:
        raise UserError(f"paper: unknown figure {name!r}; known: {', '.join(FIGURES)}")
    if not runs:
        raise UserError(f"--runs: {name} is drawn from runs of ours; name {FIGURES[name]}")
    out.parent.mkdir(parents=True, exist_ok=True)
    if name == "figure3":
        from sdzero_bench.figures.tokens import plot_tokens
        from sdzero_bench.run_results import read_results

        plot_tokens(read_results(runs)[0], out)
    elif name == "figure4":
        from sdzero_bench.figures.kl_mass import plot_kl_mass
        from sdzero_bench.localisation.kept import is_localisation, read_summary, titles

        if others := [run for run in runs if not is_localisation(run)]:
            raise UserError(f"--runs: {others[0]} is no finished output folder of localize")
        plot_kl_mass(dict(zip(titles(runs), map(read_summary, runs), strict=True)), out)
    else:
        from sdzero_bench.figures.curves import plot_self_revision, plot_teacher
        from sdzero_bench.run_results import run_directories
        from sdzero_bench.training_curve import read_training_curve

        curves = [read_training_curve(run) for run in run_directories(runs)[0]]
        (plot_teacher if name == "figure5" else plot_self_revision)(curves, out)
    print(f"{out.with_suffix('.png')} and {out.with_suffix('.svg')}")
