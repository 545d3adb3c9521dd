"""Evaluate one model on several question sets. Example: `arithmetic` and `test.jsonl`, each in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sdzero_bench.config import RunConfig, dump_config
from sdzero_bench.data import Questions
from sdzero_bench.environment import describe_environment
from sdzero_bench.errors import UserError
from sdzero_bench.evaluation import evaluate
from sdzero_bench.prompts import Prompter
from sdzero_bench.questions import load_questions, prepare
from sdzero_bench.rollouts import Rollouts
from sdzero_bench.rundir import RunDirectory
from sdzero_bench.session import open_session


def evaluate_tasks(config: RunConfig, names: Sequence[str], out: Path) -> dict[str, dict[str, Any]] | None:
    """What `evaluation.evaluate` gives for each set, on rank 0; None on the others.

    Samples and figures are kept under `out`; a set that is finished there is not evaluated again.
    """
    settings = config.questions
    sets = {
        name: prepare(load_questions(name, seed=config.seed, split="evaluation")[: settings.evaluation_limit], settings)
        for name in names
    }
    everything = [question for questions in sets.values() for question in questions]
    with open_session(config, Questions((), everything, 0)) as session:
        backend = session.backend
        directory = RunDirectory(out, backend.rank == 0)
        directory.prepare(dump_config(config), describe_environment(config.seed))
        rollouts = Rollouts(backend, session.verifier, Prompter(backend.tokenizer, config.control), session.reporter)
        records = {}
        for name, questions in sets.items():
            folder = out / "".join(c if c.isalnum() else "-" for c in name)
            finished = backend.broadcast((folder / "metrics.json").exists())
            if not finished:
                evaluate(rollouts, questions, config.evaluation, directory, folder, name)
            if backend.rank == 0:
                records[name] = json.loads((folder / "metrics.json").read_text())
        return records if backend.rank == 0 else None


def last_checkpoint(run: Path) -> Path:
    """The policy after the last finished round of a run."""
    directory = RunDirectory(run, writable=False)
    done = [number for number in directory.rounds_done() if number > 0]
    if not done:
        raise UserError(f"--run: {run} has no finished round to evaluate")
    if not directory.checkpoint(done[-1]).exists():
        raise UserError(f"--run: {directory.checkpoint(done[-1])} was not kept, so there is nothing to evaluate")
    return directory.checkpoint(done[-1])
