"""Options that several commands share, and how they become a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sdzero_bench.config import RunConfig


def option(*names: str, help: str) -> Any:
    """An option without a default to show."""
    return typer.Option(*names, help=help, show_default=False)


Config = Annotated[
    Path | None,
    option("--config", "-c", help="YAML file, or a recipe (`sdzero-bench recipes`); --dry-run shows all fields."),
]
Set = Annotated[
    list[str] | None, option("--set", "-s", help="Override any field: section.field=value, for example srt.epochs=2.")
]
Model = Annotated[str | None, option("--model", "-m", help="A Hugging Face folder, a hub id, or `embedded`.")]
TrainQuestions = Annotated[
    str | None,
    option("--questions", "-q", help="Training questions: a .jsonl file or a set of `sdzero-bench tasks`."),
]
EvalQuestions = Annotated[
    str | None,
    option("--eval-questions", help="Evaluation questions; without them a tenth of the training set is held out."),
]
BackendName = Annotated[str | None, option("--backend", help="Engine; see `sdzero-bench backends`.")]
Out = Annotated[Path | None, option("--out", "-o", help="Where the run is kept; repeat the command to resume it.")]
Seed = Annotated[int | None, option("--seed", help="Seed of the run (0 unless the config says).")]
DataDir = Annotated[
    Path | None,
    option("--data-dir", help="Folder with local files of benchmarks; `sdzero-bench tasks` says what is at hand."),
]
UnsafeCode = Annotated[
    bool, typer.Option("--unsafe-code", help="Run model-written programs without a sandbox where none works here.")
]
Fresh = Annotated[
    bool, typer.Option("--fresh/--resume", help="Delete what an earlier call has kept, or go on with it.")
]
Track = Annotated[
    list[str] | None,
    option("--track", help="Follow it live: tensorboard, wandb, trackio; repeated, or with commas between them."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the resolved plan and config, run nothing.")]


def check_format(fmt: str) -> None:
    """Refuse an unknown table format before any work."""
    from sdzero_bench.errors import UserError
    from sdzero_bench.table_formats import TableFormat

    if fmt not in list(TableFormat):
        raise UserError(f"--format: unknown format {fmt!r}; known: {', '.join(TableFormat)}")


def preset(name: str) -> Path:
    """A config that ships with the package: `embedded`, `quick`, or a recipe."""
    from sdzero_bench.config_files import shipped_config

    path = shipped_config(name)
    assert path is not None, name
    return path


def resolve(
    config: Path | None,
    overrides: Sequence[str] | None,
    *,
    model: str | None,
    questions: str | None,
    eval_questions: str | None,
    backend: str | None,
    **fields: Any,
) -> RunConfig:
    """The config of a command. Without a file, a model or questions the embedded preset is the starting point."""
    from sdzero_bench.config_files import load_config, shipped_config

    if config is None and model in (None, "embedded") and questions is None:
        config = preset("embedded")
    elif config is not None and not config.exists():
        config = shipped_config(str(config)) or config
        if not config.exists() and config.suffix not in (".yaml", ".yml"):
            from sdzero_bench.config_files import shipped_recipes
            from sdzero_bench.errors import UserError

            known = ", ".join(shipped_recipes())
            raise UserError(f"config: {config} is neither a file nor a recipe; recipes: {known}")
    return load_config(
        config,
        overrides or (),
        model=model,
        questions__train=questions,
        questions__evaluation=eval_questions,
        backend__name=backend,
        **{name: value for name, value in fields.items() if value is not None},
    )


def evaluation_fields_set(config: Path | None, overrides: Sequence[str] | None, **fields: Any) -> frozenset[str]:
    """The fields of `evaluation` that a person has set, in a config file of theirs or on the command line."""
    # A model and questions of any name: with them `resolve` takes no preset.
    resolved = resolve(
        config, overrides, model="embedded", questions="arithmetic", eval_questions=None, backend=None, **fields
    )
    return frozenset(resolved.evaluation.model_fields_set)
