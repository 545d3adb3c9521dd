"""`launch`: another command of sdzero-bench on the processes of a launch profile."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sdzero_bench.cli.options import option, preset, resolve
from sdzero_bench.errors import UserError

if TYPE_CHECKING:
    from sdzero_bench.config import RunConfig
    from sdzero_bench.launching.profile import Profile

COMMANDS = ("train", "train-round", "compare", "eval")
SERVER_LOGS = Path("results") / "servers"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Example: sdzero-bench launch --profile node8 -- train --config mine.yaml",
        # The first word that is no option of `launch` begins the launched command, with or without `--`.
        context_settings={"allow_interspersed_args": False},
    )(launch)


def launch(
    context: typer.Context,
    command: Annotated[list[str], typer.Argument(help=f"What to run, after `--`: {', '.join(COMMANDS)}.")],
    profile: Annotated[str, option("--profile", "-p", help="cpu1, cpu2, gpu1, node8, nodes, split, or a YAML file.")],
    nodes: Annotated[int | None, option("--nodes", help="How many nodes.")] = None,
    processes: Annotated[int | None, option("--processes", help="Processes on each node.")] = None,
    node_rank: Annotated[int | None, option("--node-rank", help="Which of several nodes this is, from 0.")] = None,
    rendezvous: Annotated[
        str | None, option("--rendezvous", help="HOST:PORT of node 0, where several nodes meet; the same on each.")
    ] = None,
    hostfile: Annotated[
        Path | None,
        option("--hostfile", help="deepspeed's hosts, `host slots=8` a line: started on one node, reaches the others."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the commands, run nothing.")] = False,
) -> None:
    """Run train, train-round, compare or eval on the processes, nodes and servers of a launch profile."""
    from sdzero_bench.launching.adjusting import adjust
    from sdzero_bench.launching.command import launch_command
    from sdzero_bench.launching.machine import check_machine
    from sdzero_bench.launching.profiles import load_profile
    from sdzero_bench.launching.servers import run_beside, servers_of
    from sdzero_bench.models import resolve_model

    found = adjust(load_profile(profile), nodes=nodes, processes=processes, rendezvous=rendezvous, hostfile=hostfile)
    name, *words = command
    asked = _parse(context, name, words)
    settings = _settings(found, asked)
    config = _config(asked, settings)
    model = str(resolve_model(config.model))
    set_words = [word for setting in settings for word in ("--set", setting)]
    trainers = launch_command(found, [name, *set_words, *words], node_rank)
    servers = []
    if found.servers and list(config.backend.options.get("servers", ())) == found.servers.addresses:
        servers = servers_of(found, config.backend, model, SERVER_LOGS)
    if not dry_run:
        check_machine(found, gpus=config.backend.device != "cpu", servers=bool(servers))
    _say_what_is_left_out(found, asked, settings)
    for line in (*(server.command for server in servers), trainers):
        print(line, file=sys.stdout if dry_run else sys.stderr, flush=True)
    if dry_run:
        return
    if found.servers and servers:
        raise typer.Exit(run_beside(trainers, servers, found.servers.start_limit_s))
    os.execvpe(trainers.words[0], trainers.words, os.environ | trainers.environment)


def _parse(context: typer.Context, name: str, words: list[str]) -> dict[str, Any]:
    """The launched command's own options, read as it will read them."""
    if name not in COMMANDS:
        raise UserError(f"launch: cannot launch {name!r}; it launches {', '.join(COMMANDS)}")
    root = context.find_root()
    found = root.command.get_command(root, name)  # type: ignore[attr-defined]
    with found.make_context(name, list(words), parent=root) as parsed:
        return {"command": name, "run": None, "quick": False, "questions": None, **parsed.params}


def _settings(profile: Profile, asked: dict[str, Any]) -> list[str]:
    """The profile's engine settings for the launched command; a run that goes on has its own."""
    from sdzero_bench.launching.settings import profile_settings

    if asked["command"] == "train-round" and asked["run"] is not None:
        return []
    return profile_settings(profile, asked["backend"], asked["set_"] or ())


def _say_what_is_left_out(profile: Profile, asked: dict[str, Any], settings: list[str]) -> None:
    if asked["command"] == "train-round" and asked["run"] is not None:
        print("launch: the run's own config holds: no backend settings of the profile are added", file=sys.stderr)
    elif profile.backend.get("options") and not any(one.startswith("backend.options.") for one in settings):
        engine = profile.backend.get("name")
        print(f"launch: the profile's backend.options are for {engine} and are left out", file=sys.stderr)


def _config(asked: dict[str, Any], settings: list[str]) -> RunConfig:
    """The launched command's config, as far as engine and model go: refused here once, not on every rank."""
    path, run, model = asked["config"], asked["run"], asked["model"]
    if run is not None:
        from sdzero_bench.next_round import next_round

        if asked["command"] == "train-round":
            return next_round(Path(run))
        from sdzero_bench.run_checkpoints import checkpoint_of

        path, model = Path(run) / "run.yaml", str(checkpoint_of(Path(run)))
    if asked["quick"]:
        path = preset("quick")
    # `eval` of a model on tasks needs no training questions
    stand_in = "arithmetic" if asked["command"] == "eval" and path is None and model not in (None, "embedded") else None
    config = resolve(
        path and Path(path), [*settings, *(asked["set_"] or ())], model=model, backend=asked["backend"],
        questions=asked["questions"] or stand_in, eval_questions=None,
    )  # fmt: skip
    if named := asked.get("methods") or asked.get("method"):
        from sdzero_bench.variants import method_configs

        option = "--methods" if asked.get("methods") else "--method"
        method_configs(config, [name.strip() for name in named.split(",") if name.strip()], option)
    return config
