"""One more round for a run that has finished its rounds. Example: a run with `rounds: 1` in run.yaml goes on with 2."""

from __future__ import annotations

from pathlib import Path

from sdzero_bench.config import RunConfig, dump_config, load_config
from sdzero_bench.errors import UserError
from sdzero_bench.rundir import RunDirectory, write_atomically


def next_round(root: Path, write: bool) -> RunConfig:
    """The run's config with one round more than it has finished; an unfinished round is finished first.

    With write=True run.yaml is brought up to date, which is what makes the round part of the run.
    """
    path = root / "run.yaml"
    if not path.exists():
        raise UserError(f"--run: {root} is not a run directory (it has no run.yaml)")
    config = load_config(path)
    done = max(RunDirectory(root, writable=False).rounds_done(), default=0)
    if done < config.rounds:
        return config
    config = config.model_copy(update={"rounds": done + 1})
    if write:
        write_atomically(path, lambda temporary: temporary.write_text(dump_config(config)))
    return config
