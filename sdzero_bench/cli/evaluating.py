"""`eval`: one model on question sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdzero_bench.cli.options import BackendName, Config, Model, Seed, Set, option, resolve
from sdzero_bench.errors import UserError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("eval", epilog="Example: sdzero-bench eval --model embedded --tasks arithmetic -s evaluation.k=4")(
        evaluate_model
    )


def evaluate_model(
    model: Model = None,
    run: Annotated[Path | None, option("--run", help="Evaluate the policy after this run's last round.")] = None,
    tasks: Annotated[
        str | None,
        option(
            "--tasks", "-t", help="Question sets, with commas between them; without it the config's evaluation set."
        ),
    ] = None,
    config: Config = None,
    backend: BackendName = None,
    seed: Seed = None,
    out: Annotated[Path | None, option("--out", "-o", help="Where samples and figures are kept.")] = None,
    set_: Set = None,
) -> None:
    """Evaluate a model: avg@k, pass@k, response lengths, and generate-then-revise."""
    from sdzero_bench.cli.showing import show_evaluations
    from sdzero_bench.evaluate_tasks import evaluate_tasks, last_checkpoint
    from sdzero_bench.models import model_label

    if run is not None:
        if model is not None or config is not None:
            raise UserError("--run: the run names its model and config; leave --model and --config out")
        config, model = run / "run.yaml", str(last_checkpoint(run))
    names = split_tasks(tasks) if tasks is not None else []
    # Nothing is trained: the first set stands in where a config needs training questions.
    stand_in = names[0] if names and config is None and model not in (None, "embedded") else None
    resolved = resolve(
        config, set_, model=model, questions=stand_in, eval_questions=None, backend=backend, seed=seed,
    )  # fmt: skip
    if tasks is None:
        if resolved.questions.evaluation is None:
            raise UserError("--tasks: name question sets; the config has no questions.evaluation to fall back on")
        names = [resolved.questions.evaluation]
    label = f"{run.resolve().parent.name}-{run.name}" if run else model_label(resolved.model)
    results = evaluate_tasks(resolved, names, out or Path("results") / f"eval-{label}-s{resolved.seed}")
    if results is not None:
        show_evaluations(results)


def split_tasks(text: str) -> list[str]:
    """Split at the commas that stand outside brackets: 'arithmetic,reasoning_gym:x?operators=["+","-"]' is two sets."""
    names, depth = [""], 0
    for character in text:
        depth += (character in "[({") - (character in "])}")
        if character == "," and depth == 0:
            names.append("")
        else:
            names[-1] += character
    found = [name.strip() for name in names if name.strip()]
    if not found:
        raise UserError("--tasks: no question set is named; see `sdzero-bench tasks`")
    return found
