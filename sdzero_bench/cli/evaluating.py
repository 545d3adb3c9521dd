"""`eval`: one model on tasks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdzero_bench.cli.options import (
    BackendName,
    Config,
    DataDir,
    Fresh,
    Model,
    Seed,
    Set,
    UnsafeCode,
    evaluation_fields_set,
    option,
    resolve,
)  # fmt: skip
from sdzero_bench.errors import UserError

if TYPE_CHECKING:
    from sdzero_bench.evaluate_tasks import Evaluations


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("eval", epilog="Example: sdzero-bench eval --model MODEL --tasks math500,humaneval --limit 40")(
        evaluate_model
    )


def evaluate_model(
    model: Model = None,
    run: Annotated[Path | None, option("--run", help="Evaluate the policy after this run's last round.")] = None,
    round_: Annotated[int | None, option("--round", help="After this round of it instead; 0 is the base.")] = None,
    tasks: Annotated[
        str | None,
        option(
            "--tasks", "-t", help="Tasks of `sdzero-bench tasks`, question sets, or any task of lm-eval, with commas "
            "between them; without it the config's evaluation set.",
        ),
    ] = None,
    limit: Annotated[int | None, option("--limit", help="Only the first so many questions of each task.")] = None,
    k: Annotated[int | None, option("--k", "-k", help="Samples a question (the task's own number).")] = None,
    temperature: Annotated[float | None, option("--temperature", help="The task's own; 0 is greedy.")] = None,
    top_p: Annotated[float | None, option("--top-p", help="The task's own.")] = None,
    max_tokens: Annotated[int | None, option("--max-tokens", help="New tokens a response (the task's own).")] = None,
    shots: Annotated[int | None, option("--shots", help="Worked examples before a benchmark's question.")] = None,
    system: Annotated[str | None, option("--system", help="A system prompt.")] = None,
    data_dir: DataDir = None,
    unsafe_code: UnsafeCode = False,
    config: Config = None,
    backend: BackendName = None,
    seed: Seed = None,
    out: Annotated[Path | None, option("--out", "-o", help="Where samples and figures are kept.")] = None,
    fresh: Fresh = False,
    set_: Set = None,
) -> None:  # fmt: skip
    """Evaluate a model: accuracy, pass@k, response lengths; an interrupted call goes on where it was."""
    from sdzero_bench.evaluation_folder import check_goes_on, evaluation_settings
    from sdzero_bench.evaluation_plan import plan_tasks
    from sdzero_bench.models import model_label, resolve_model
    from sdzero_bench.progress import reporter_for
    from sdzero_bench.run_checkpoints import benchmarks_folder, checkpoint_of
    from sdzero_bench.rundir import remove_evaluation

    own_config = config
    if run is not None:
        if model is not None or config is not None:
            raise UserError("--run: the run names its model and config; leave --model and --config out")
        config, model = run / "run.yaml", str(checkpoint_of(run, round_))
    elif round_ is not None:
        raise UserError("--round: name the run it belongs to with --run")
    for option_name, value in (("--limit", limit), ("--k", k), ("--max-tokens", max_tokens)):
        if value is not None and value < 1:
            raise UserError(f"{option_name}: {value} is too small; give a whole number of at least 1")
    names = split_tasks(tasks) if tasks is not None else []
    # Nothing is trained: the first task stands in where a config needs training questions.
    stand_in = names[0] if names and config is None and model not in (None, "embedded") else None
    protocol = {"k": k, "temperature": temperature, "top_p": top_p, "max_new_tokens": max_tokens}
    asked = {f"evaluation__{name}": value for name, value in protocol.items()}
    resolved = resolve(
        config, set_, model=model, questions=stand_in, eval_questions=None, backend=backend, seed=seed,
        questions__evaluation_limit=limit, questions__shots=shots, questions__system_prompt=system,
        data_dir=data_dir and str(data_dir), unsafe_code=unsafe_code or None, **asked,
    )  # fmt: skip
    given = evaluation_fields_set(own_config, set_, **asked)
    if tasks is None:
        if resolved.questions.evaluation is None:
            raise UserError("--tasks: name tasks; the config has no questions.evaluation to fall back on")
        names = [resolved.questions.evaluation]
    label = f"{run.resolve().parent.name}-{run.name}" if run else model_label(resolved.model)
    beside = benchmarks_folder(run, round_) if run else Path("results") / f"eval-{label}-s{resolved.seed}"
    folder = out or beside
    settings = evaluation_settings(resolved, given)
    # What takes no time is checked before what takes minutes: lm-eval's index, torch, the model.
    resolve_model(resolved.model)
    if not fresh:
        check_goes_on(folder, settings)
    theirs = {name: value for name, value in protocol.items() if name != "k" and value is not None}
    plan = plan_tasks(resolved, names, given, theirs)
    if fresh:
        remove_evaluation(folder)
    reporter_for(int(os.environ.get("RANK", "0"))).say(f"loading {resolved.model}")
    from sdzero_bench.evaluate_tasks import evaluate_tasks

    measured = evaluate_tasks(resolved, plan, settings, folder)
    if measured is not None:
        show_evaluations(measured, folder, label)


def show_evaluations(measured: Evaluations, folder: Path, model: str) -> None:
    """The tables of our tasks, then of lm-eval's."""
    from sdzero_bench.evaluation_table import render_evaluations, render_lengths
    from sdzero_bench.lm_eval_tasks.table import render_lm_eval

    if measured.records:
        print(render_evaluations(measured.records, "terminal", f"Evaluation of {model}", groups=measured.groups))
        print(render_lengths(measured.records, "terminal", "Response lengths"), end="")
    if measured.lm_eval is not None:
        print(render_lm_eval(measured.lm_eval), end="")
    print(f"kept in {folder}: results.json, and metrics.json and samples.parquet by task", file=sys.stderr)


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
        raise UserError("--tasks: no task is named; see `sdzero-bench tasks`")
    return found
