"""One more round for a run that has finished its rounds. Example: a run with `rounds: 1` in run.yaml goes on with 2."""

from __future__ import annotations

from pathlib import Path

from sdzero_bench.config import RunConfig
from sdzero_bench.config_files import load_config
from sdzero_bench.errors import UserError
from sdzero_bench.rundir import RunDirectory


def next_round(root: Path) -> RunConfig:
    """The run's config with one round more than it has finished; an unfinished round is finished first.

    Raises UserError where there is no run, where it was stopped, or where its policy was not kept.
    """
    path = root / "run.yaml"
    if not path.exists():
        raise UserError(f"--run: {root} is not a run directory (it has no run.yaml)")
    config = load_config(path)
    directory = RunDirectory(root, writable=False)
    done = max(directory.rounds_done(), default=0)
    if directory.marker(done, "stopped") is not None:
        raise UserError(f"--run: {root} was stopped in round {done}; start a new run to change sdzero.weak_reviser")
    if done > 0 and not directory.checkpoint(done).exists():
        raise UserError(f"--run: {directory.checkpoint(done)} was not kept, so {root} cannot go on")
    return config if done < config.rounds else config.model_copy(update={"rounds": done + 1})
