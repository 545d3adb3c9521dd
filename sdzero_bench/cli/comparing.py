"""`compare` runs methods side by side; `table` renders what run directories hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    check_format,
    option,
    preset,
    resolve,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: sdzero-bench compare --methods sdzero,rft --seed 1 -o results/mine")(compare)
    app.command(epilog="Example: sdzero-bench table results/compare-embedded-s0 --format latex")(table)


def compare(
    methods: Annotated[
        str,
        typer.Option(
            "--methods",
            help="With commas between them: sdzero, grpo, rft, sft, sdft, and variants (`sdzero-bench methods`).",
        ),
    ] = "sdzero,grpo,rft,sft",
    quick: Annotated[bool, typer.Option("--quick", help="The embedded set-up made small: two minutes.")] = False,
    model: Model = None,
    questions: TrainQuestions = None,
    eval_questions: EvalQuestions = None,
    rounds: Annotated[int | None, typer.Option("--rounds", help="How many rounds.", show_default=False)] = None,
    config: Config = None,
    backend: BackendName = None,
    seed: Seed = None,
    out: Out = None,
    allow_unequal: Annotated[
        bool, typer.Option("--allow-unequal", help="Compare methods at different budgets; the table says so.")
    ] = False,
    track: Track = None,
    set_: Set = None,
    dry_run: DryRun = False,
) -> None:
    """Compare methods from one model, on the same questions, at one sample budget. By default: the embedded set-up."""
    from sdzero_bench.cli.showing import show_plan, show_tables
    from sdzero_bench.compare import compare as run_comparison
    from sdzero_bench.compare import plan_comparison
    from sdzero_bench.errors import UserError
    from sdzero_bench.models import model_label
    from sdzero_bench.tracking.names import chosen_trackers
    from sdzero_bench.variants import method_configs

    trackers = chosen_trackers(track)
    if quick:
        if config is not None or questions is not None:
            raise UserError("--quick is the embedded set-up made small; leave --config and --questions out")
        config = preset("quick")
    resolved = resolve(
        config, set_, model=model, questions=questions, eval_questions=eval_questions, backend=backend, seed=seed,
        rounds=rounds,
    )  # fmt: skip
    configs = method_configs(resolved, [name.strip() for name in methods.split(",") if name.strip()])
    data, unequal = plan_comparison(resolved, configs, allow_unequal)
    if dry_run:
        show_plan(configs, data)
        return
    size = "quick" if quick else model_label(resolved.model)
    out = out or Path("results") / f"compare-{size}-s{resolved.seed}"
    if run_comparison(resolved, configs, data, unequal, out, trackers):
        show_tables([out], save=True)


def table(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Comparisons or run directories, or outputs of `localize`; seeds of a method are pooled."),
    ],
    fmt: Annotated[str, typer.Option("--format", "-f", help="terminal, markdown, csv, latex or html.")] = "terminal",
    costs: Annotated[bool, typer.Option("--costs", help="The ledger by phase instead, with seconds.")] = False,
    against: Annotated[
        str | None, option("--against", help="Instead, every method's difference to this one after the last round.")
    ] = None,
) -> None:
    """Render the comparison again from run directories, or what `localize` found in several."""
    from sdzero_bench.comparison_tables import render_against, render_cost_table, render_tables
    from sdzero_bench.errors import UserError
    from sdzero_bench.localisation.kept import is_localisation

    check_format(fmt)
    localisations = [path for path in paths if is_localisation(path)]
    if (costs or against is not None) and localisations:
        raise UserError(f"--{'costs' if costs else 'against'}: {localisations[0]} is an output of localize, not a run")
    if 0 < len(localisations) < len(paths):
        other = next(path for path in paths if path not in localisations)
        raise UserError(
            f"table: {localisations[0]} is an output of localize and {other} is not; render them one by one"
        )
    if costs and against is not None:
        raise UserError("--against: belongs to the comparison; leave --costs out")
    if localisations:
        from sdzero_bench.localisation.overview import render_localisations

        text = render_localisations(paths, fmt)
    elif against is not None:
        text = render_against(paths, against, fmt)
    else:
        text = render_cost_table(paths, fmt) if costs else render_tables(paths, fmt)
    print(text, end="")
