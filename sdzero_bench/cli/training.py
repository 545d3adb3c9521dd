"""`train-round` and `train`: one round, or all rounds, of one method."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdzero_bench.cli.options import (
    BackendName,
    Config,
    DryRun,
    EvalQuestions,
    Model,
    Out,
    Seed,
    Set,
    Track,
    TrainQuestions,
    resolve,
)

if TYPE_CHECKING:
    from sdzero_bench.config import RunConfig

Method = Annotated[str | None, typer.Option("--method", help="One of `sdzero-bench methods`.", show_default=False)]
Run = Annotated[
    Path | None,
    typer.Option("--run", help="Train the next round of this run directory, with its own config.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    example = "sdzero-bench train-round --method sdzero --model ./smollm2-135m -q gsm8k_train.jsonl -o results/smol"
    app.command("train-round", epilog=f"Example: {example}")(train_round)
    app.command("train", epilog="Example: sdzero-bench train --method grpo --rounds 3 -o results/grpo")(train_all)


def train_round(
    method: Method = None,
    model: Model = None,
    questions: TrainQuestions = None,
    eval_questions: EvalQuestions = None,
    run: Run = None,
    config: Config = None,
    backend: BackendName = None,
    seed: Seed = None,
    out: Out = None,
    track: Track = None,
    set_: Set = None,
    dry_run: DryRun = False,
) -> None:
    """Train one round of one method, from a model or from a run, and evaluate before and after."""
    from sdzero_bench.errors import UserError
    from sdzero_bench.next_round import next_round

    if run is not None:
        if (
            any(value is not None for value in (method, model, questions, eval_questions, config, backend, seed, out))
            or set_
        ):
            raise UserError(
                "--run: the run's own config holds; leave the other options out (start a new run to change it)"
            )
        _train(next_round(run), run, track, dry_run)
        return
    resolved = resolve(
        config, set_, model=model, questions=questions, eval_questions=eval_questions, backend=backend, seed=seed,
        rounds=1,
    )  # fmt: skip
    _train(_of_method(resolved, method), out, track, dry_run)


def train_all(
    method: Method = None,
    model: Model = None,
    questions: TrainQuestions = None,
    eval_questions: EvalQuestions = None,
    rounds: Annotated[int | None, typer.Option("--rounds", help="How many rounds.", show_default=False)] = None,
    config: Config = None,
    backend: BackendName = None,
    seed: Seed = None,
    out: Out = None,
    track: Track = None,
    set_: Set = None,
    dry_run: DryRun = False,
) -> None:
    """Train all rounds of one method, evaluating at the start and after every round."""
    resolved = resolve(
        config, set_, model=model, questions=questions, eval_questions=eval_questions, backend=backend, seed=seed,
        rounds=rounds,
    )  # fmt: skip
    _train(_of_method(resolved, method), out, track, dry_run)


def _of_method(config: RunConfig, method: str | None) -> RunConfig:
    """The config as it is, or of the method or variant that was named."""
    from sdzero_bench.variants import method_configs

    return config if method is None else method_configs(config, [method], "--method")[method]


def _train(config: RunConfig, out: Path | None, track: list[str] | None, dry_run: bool) -> None:
    from sdzero_bench.cli.showing import show_plan, show_tables
    from sdzero_bench.session import load_and_plan, open_session, train
    from sdzero_bench.tracking.names import chosen_trackers

    trackers = chosen_trackers(track)
    questions = load_and_plan(config)
    if dry_run:
        show_plan({config.label or config.method: config}, questions)
        return
    from sdzero_bench.models import model_label
    from sdzero_bench.rundir import RunDirectory

    out = out or Path("results") / f"{config.label or config.method}-{model_label(config.model)}-s{config.seed}"
    with open_session(config, questions) as session:
        train(session, config, RunDirectory(out, session.backend.rank == 0), trackers=trackers)
        if session.backend.rank == 0:
            show_tables([out])
