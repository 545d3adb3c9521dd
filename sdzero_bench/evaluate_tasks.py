"""Evaluate one model on several question sets. Example: `arithmetic` and `test.jsonl`, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdzero_bench.config import RunConfig
from sdzero_bench.data import Questions
from sdzero_bench.errors import UserError
from sdzero_bench.evaluation import evaluate
from sdzero_bench.method_results import MethodResult, RoundResult
from sdzero_bench.prompts import Prompter
from sdzero_bench.questions import load_questions, prepare
from sdzero_bench.rollouts import Rollouts
from sdzero_bench.rundir import RunDirectory
from sdzero_bench.session import open_session


def evaluate_tasks(config: RunConfig, names: Sequence[str], out: Path) -> list[MethodResult] | None:
    """One result a set, on rank 0; None on the others. Samples and metrics are kept under `out`."""
    sets = {
        name: prepare(load_questions(name, seed=config.seed)[: config.questions.evaluation_limit], config.questions)
        for name in names
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output: cannot write to {out}: {error.strerror}; choose another --out") from None
    everything = [question for questions in sets.values() for question in questions]
    with open_session(config, Questions((), everything, 0)) as session:
        backend = session.backend
        directory = RunDirectory(out, backend.rank == 0)
        rollouts = Rollouts(backend, session.verifier, Prompter(backend.tokenizer, config.control), session.reporter)
        results = []
        for name, questions in sets.items():
            folder = out / "".join(c if c.isalnum() else "-" for c in name)
            record = evaluate(rollouts, questions, config.evaluation, directory, folder, name)
            state = RoundResult(0, record["evaluation"], record["revision"], per_question=record["per_question"])
            results.append(MethodResult(name, "eval", config.seed, [state]))
        return results if backend.rank == 0 else None


def last_checkpoint(run: Path) -> Path:
    """The policy after the last finished round of a run."""
    done = [number for number in RunDirectory(run, writable=False).rounds_done() if number > 0]
    if not done:
        raise UserError(f"--run: {run} has no finished round to evaluate")
    return RunDirectory(run, writable=False).checkpoint(done[-1])
