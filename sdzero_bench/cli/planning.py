"""`plan`: whether a run fits a kind of machine, what would mend it, and how long it would take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdzero_bench.cli.options import BackendName, Config, Model, Set, option, resolve

if TYPE_CHECKING:
    from sdzero_bench.config import RunConfig

PAPER_QUESTIONS, PAPER_EVALUATED = 15_000, 500  # a round (App. C); MATH-500's size


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: sdzero-bench plan --profile node8 --model Qwen/Qwen3-4B-Instruct-2507")(plan)


def plan(
    profile: Annotated[str, typer.Option("--profile", "-p", help="A shipped launch profile or a YAML file.")],
    config: Config = None,
    model: Model = None,
    methods: Annotated[
        str | None, option("--methods", help="Methods, with commas between them; without it the config's.")
    ] = None,
    mean_tokens: Annotated[
        int, typer.Option("--mean-tokens", min=1, help="Tokens of an average response, at most the limits.")
    ] = 3_700,
    prompt_tokens: Annotated[
        int | None, option("--prompt-tokens", help="Tokens of a question under the chat template.")
    ] = None,
    backend: BackendName = None,
    set_: Set = None,
    fmt: Annotated[str, typer.Option("--format", "-f", help="terminal or json.")] = "terminal",
) -> None:
    """Estimate memory and time before anything starts. Loads no weights; exit code 1 when something does not fit."""
    from sdzero_bench.errors import RunError, UserError
    from sdzero_bench.launching.profiles import load_profile
    from sdzero_bench.launching.settings import profile_settings
    from sdzero_bench.plan.case import Case, check_case, read_options
    from sdzero_bench.plan.model_shape import read_shape
    from sdzero_bench.plan.report import as_json, failure, plan_method, render
    from sdzero_bench.variants import method_configs

    if fmt not in ("terminal", "json"):
        raise UserError(f"--format: unknown format {fmt!r}; known: terminal, json")
    chosen = load_profile(profile)
    resolved = _resolve(config, model, backend, [*profile_settings(chosen, backend, set_ or ()), *(set_ or ())])
    configs = method_configs(resolved, _names(methods)) if methods else {resolved.method: resolved}
    read_options(resolved)
    shape = read_shape(resolved.model)
    prompt = prompt_tokens if prompt_tokens is not None else min(256, shape.context // 4)
    if not 0 < prompt < shape.context:
        raise UserError(f"--prompt-tokens: {prompt} leaves no room in the model's context of {shape.context}")
    questions, evaluated = _counts(resolved)
    cases = [Case(one, chosen, shape, questions, evaluated, prompt, mean_tokens) for one in configs.values()]
    check_case(cases[0])
    plans = [plan_method(case) for case in cases]
    print(as_json(plans, profile) if fmt == "json" else render(plans, profile), end="")
    failing = [one for one in plans if not one.fits]
    if failing:
        raise RunError(failure(failing[0]))


def _resolve(config: Path | None, model: str | None, backend: str | None, overrides: list[str]) -> RunConfig:
    """A model alone is planned with the paper's numbers of questions, which are not loaded."""
    from sdzero_bench.models import EMBEDDED

    if config is None and model not in (None, EMBEDDED):
        sizes = [f"questions.per_round={PAPER_QUESTIONS}", f"questions.evaluation_limit={PAPER_EVALUATED}"]
        return resolve(
            None, [*sizes, *overrides], model=model, questions="paper", eval_questions=None, backend=backend
        )  # fmt: skip
    return resolve(config, overrides, model=model, questions=None, eval_questions=None, backend=backend)


def _counts(config: RunConfig) -> tuple[int, int]:
    """(questions of a round, evaluation questions); the sets are read only where the config leaves these open."""
    questions = config.questions
    if questions.per_round is not None and questions.evaluation_limit is not None:
        return questions.per_round, questions.evaluation_limit
    from sdzero_bench.data import load_data
    from sdzero_bench.errors import UserError

    try:
        data = load_data(questions, config.seed, config.data_dir)
    except UserError as error:
        raise UserError(
            f"{error} (`plan` reads the questions to count them; questions.per_round and questions.evaluation_limit "
            "together say it without)"
        ) from None
    return data.per_round, len(data.evaluation)


def _names(methods: str) -> list[str]:
    return [name.strip() for name in methods.split(",") if name.strip()]
