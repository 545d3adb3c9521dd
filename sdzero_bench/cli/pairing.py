"""`paired`: two evaluations, question by question."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sdzero_bench.cli.options import check_format


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("paired", epilog="Example: sdzero-bench paired results/eval-base-s0 results/eval-mine-s0")(paired)


def paired(
    a: Annotated[Path, typer.Argument(help="Output of `eval` or `score`, or a round's `eval` folder.")],
    b: Annotated[Path, typer.Argument(help="Another one, on the same questions.")],
    fmt: Annotated[str, typer.Option("--format", "-f", help="terminal, markdown, csv, latex or html.")] = "terminal",
    confidence: Annotated[float, typer.Option("--confidence", help="Of the intervals.")] = 0.95,
) -> None:
    """Compare two evaluations on the same questions: difference, interval, p-values, questions won and lost."""
    from sdzero_bench.paired_evaluations import compare_evaluations, unpaired_tasks
    from sdzero_bench.paired_table import render_paired

    check_format(fmt)
    pairs = compare_evaluations(a, b, confidence)
    if left_out := unpaired_tasks(a, b):
        print(f"not in both, left out: {', '.join(left_out)}", file=sys.stderr)
    print(render_paired(pairs, str(a), str(b), fmt, "Paired comparison"), end="")
