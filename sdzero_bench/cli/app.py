"""`sdzero-bench`: the commands, and the one place where errors become one line and an exit code.

Exit codes: 0 done, 1 the run could not go on, 2 the input is wrong.
"""

from __future__ import annotations

import logging
import os
import sys

import typer

from sdzero_bench import __version__
from sdzero_bench.cli import (
    comparing,
    doctoring,
    evaluating,
    launching,
    listing,
    localising,
    pairing,
    papering,
    planning,
    reporting,
    scoring,
    training,
)
from sdzero_bench.errors import RunError, UserError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Does SD-Zero beat GRPO, RFT, SFT and SDFT on your model, questions and budget?\n\n"
    "Start with [bold]sdzero-bench compare --quick[/bold]: the embedded tiny model, two minutes on two CPU cores.",
)
COMMANDS = (
    training, planning, launching, evaluating, scoring, pairing, comparing, papering, localising,
    reporting, doctoring, listing,
)  # fmt: skip
for module in COMMANDS:
    module.register(app)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True),
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


def main() -> None:
    """Entry point of the console script."""
    # Engines are chatty: what matters to a person is printed by the harness itself.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    try:
        app(prog_name="sdzero-bench")
    except (UserError, RunError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", file=sys.stderr)
        sys.exit(1)
