"""`paper`: the published tables, ours beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdzero_bench.cli.options import option


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: sdzero-bench paper table1 --runs results/compare-qwen3-4b-math-s0")(paper)


def paper(
    name: Annotated[str, typer.Argument(help="table1, 7 to 13, budget; `all` for every one.")],
    runs: Annotated[
        list[Path] | None,
        option("--runs", help="Comparisons, run directories or outputs of `eval`; give it again for more."),
    ] = None,
    fmt: Annotated[str, typer.Option("--format", "-f", help="terminal, markdown, csv, latex or html.")] = "terminal",
) -> None:
    """Render a table of the paper: published figures, ours where runs exist, and the difference."""
    from sdzero_bench.errors import UserError
    from sdzero_bench.paper.ours import read_measured
    from sdzero_bench.paper.published import published, table_names
    from sdzero_bench.paper.table import render_published
    from sdzero_bench.table_formats import TableFormat

    if fmt not in list(TableFormat):
        raise UserError(f"--format: unknown format {fmt!r}; known: {', '.join(TableFormat)}")
    tables = [published(one) for one in (table_names() if name == "all" else [name])]
    measured = read_measured(runs) if runs else None
    print("\n".join(render_published(table, measured, fmt) for table in tables), end="")
