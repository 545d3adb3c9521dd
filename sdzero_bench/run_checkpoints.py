"""Where the weights of a run are, and what `eval` has measured of them.

Example: checkpoint_of(Path("results/mine")) is results/mine/rounds/03/checkpoint where round 3 was the last finished.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from sdzero_bench.errors import UserError
from sdzero_bench.models import resolve_model
from sdzero_bench.rundir import RunDirectory


def checkpoint_of(run: Path, number: int | None = None, option: str = "--run") -> Path | str:
    """The policy of a run after round `number` (None: the last finished one; 0: the base model it started from).

    option: what a person named the run with. Raises UserError where there is none.
    """
    if number == 0 and (run / "run.yaml").exists():
        return resolve_model(yaml.safe_load((run / "run.yaml").read_text())["model"])
    path = RunDirectory(run, writable=False).checkpoint(finished_round(run, number, option))
    if not path.exists():
        raise UserError(f"{option}: {path} was not kept, so there is nothing to evaluate")
    return path


def benchmarks_folder(run: Path, number: int | None = None) -> Path:
    """Where `eval --run` keeps what it measures: results/mine/benchmarks/round-03."""
    return run / "benchmarks" / f"round-{number if number == 0 else finished_round(run, number):02d}"


def finished_round(run: Path, number: int | None, option: str = "--run") -> int:
    """`number`, or None: the run's last finished round. Raises UserError where there is none."""
    if not (run / "run.yaml").exists():
        raise UserError(f"{option}: {run} is no run directory (it has no run.yaml)")
    done = [one for one in RunDirectory(run, writable=False).rounds_done() if one > 0]
    if not done:
        raise UserError(f"{option}: {run} has no finished round to evaluate")
    if number is not None and number not in done:
        raise UserError(f"--round: {run} has no finished round {number}; finished: {', '.join(map(str, done))}")
    return done[-1] if number is None else number
