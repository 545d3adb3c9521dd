"""`localize`: which tokens of a policy's responses its reviser would change (Figure 4)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sdzero_bench.cli.options import BackendName, Fresh, Set, check_format, option


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: sdzero-bench localize --run results/compare-embedded-s0/sdzero --limit 200")(localize)


def localize(
    run: Annotated[Path, option("--run", help="The policy after this run's last round.")],
    round_: Annotated[int | None, option("--round", help="After this round instead; 0 is the base.")] = None,
    reviser: Annotated[
        Path | None,
        option("--reviser", help="A run or checkpoint with the reviser's weights; without it the policy's own."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="One response to each of the first so many questions.")] = 200,
    backend: BackendName = None,
    out: Annotated[Path | None, option("--out", "-o", help="Where responses and figures are kept.")] = None,
    fmt: Annotated[str, typer.Option("--format", "-f", help="terminal, markdown, csv, latex or html.")] = "terminal",
    fresh: Fresh = False,
    set_: Set = None,
) -> None:
    """Score every token of a policy's responses against the reviser: where does the KL reward sit?"""
    import os

    from sdzero_bench.cli.options import resolve
    from sdzero_bench.data import load_data
    from sdzero_bench.errors import UserError
    from sdzero_bench.evaluation_folder import check_goes_on
    from sdzero_bench.localisation.kept import KEY, RESPONSES, SUMMARY
    from sdzero_bench.localisation.table import render_localisation
    from sdzero_bench.progress import reporter_for
    from sdzero_bench.run_checkpoints import checkpoint_of, finished_round
    from sdzero_bench.rundir import remove_evaluation

    check_format(fmt)
    if limit < 1:
        raise UserError(f"--limit: {limit} is too small; give a whole number of at least 1")
    policy = checkpoint_of(run, round_)
    teacher = policy if reviser is None else _weights(reviser)
    config = resolve(run / "run.yaml", set_, model=None, questions=None, eval_questions=None, backend=backend)
    questions = load_data(config.questions, config.seed, config.data_dir).evaluation[:limit]
    label = f"{run.resolve().parent.name}-{run.name}" + ("" if round_ is None else f"-round{round_}")
    folder = out or Path("results") / f"localize-{label}"
    # The base is called as the run calls it: where its folder is differs from machine to machine.
    weights = [config.model if one == policy and round_ == 0 else str(one) for one in (policy, teacher)]
    settings = config.model_dump(mode="json") | {
        KEY: {
            "policy": weights[0], "reviser": weights[1], "responses": len(questions),
            "round": 0 if round_ == 0 else finished_round(run, round_),
        }
    }  # fmt: skip
    if fresh:
        remove_evaluation(folder)
    else:
        check_goes_on(folder, settings)
    reporter_for(int(os.environ.get("RANK", "0"))).say(f"policy {policy}, reviser {teacher}")
    from sdzero_bench.localisation.run import localise

    summary = localise(config, questions, policy, teacher, settings, folder)
    if summary is not None:
        title = "Where the reviser disagrees with the policy"
        print(render_localisation(summary, fmt, f"{title} ({label})"), end="")
        print(f"kept in {folder}: {RESPONSES}, every token with its reward, and {SUMMARY}", file=sys.stderr)


def _weights(place: Path) -> Path | str:
    """A run's last checkpoint, or a Hugging Face folder."""
    from sdzero_bench.models import resolve_model
    from sdzero_bench.run_checkpoints import checkpoint_of

    return checkpoint_of(place, option="--reviser") if (place / "run.yaml").exists() else resolve_model(str(place))
