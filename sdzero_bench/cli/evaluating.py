"""`eval`: one model on question sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdzero_bench.cli.options import BackendName, Config, Model, Out, Seed, Set, option, resolve


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("eval", epilog="Example: sdzero-bench eval --model embedded --tasks arithmetic -s evaluation.k=4")(
        evaluate_model
    )


def evaluate_model(
    model: Model = None,
    run: Annotated[Path | None, option("--run", help="Evaluate the policy after this run's last round.")] = None,
    tasks: Annotated[
        str, typer.Option("--tasks", "-t", help="Question sets of `sdzero-bench tasks`, with commas between them.")
    ] = "arithmetic",
    config: Config = None,
    backend: BackendName = None,
    seed: Seed = None,
    out: Out = None,
    set_: Set = None,
) -> None:
    """Evaluate a model: avg@k, pass@k, response lengths, and generate-then-revise."""
    from sdzero_bench.cli.showing import show_evaluations
    from sdzero_bench.evaluate_tasks import evaluate_tasks, last_checkpoint
    from sdzero_bench.models import model_label

    names = [name.strip() for name in tasks.split(",") if name.strip()]
    if run is not None:
        config, model = config or run / "run.yaml", str(last_checkpoint(run))
    # Nothing is trained: the first set stands in where a config needs training questions.
    resolved = resolve(
        config, set_, model=model, questions=names[0] if config is None and model not in (None, "embedded") else None,
        eval_questions=None, backend=backend, seed=seed,
    )  # fmt: skip
    out = out or Path("results") / f"eval-{run.name if run else model_label(resolved.model)}-s{resolved.seed}"
    results = evaluate_tasks(resolved, names, out)
    if results is not None:
        show_evaluations(results)
