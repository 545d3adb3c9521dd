"""Evaluate one model on several tasks: benchmarks and question sets by us, any other by lm-eval on our backend.

Example: `humaneval` and `test.jsonl` each get a folder of their own with metrics.json and samples.parquet, `gsm8k_cot`
is lm-eval's, and results.json has all three in the shape lm-eval users know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.config import RunConfig
from sdzero_bench.data import Questions
from sdzero_bench.environment import describe_environment
from sdzero_bench.evaluation import evaluate
from sdzero_bench.evaluation_folder import kept_name
from sdzero_bench.evaluation_plan import LmEvalTasks, Plan
from sdzero_bench.rundir import RunDirectory, write_json
from sdzero_bench.session import Session, open_session


@dataclass(frozen=True)
class Evaluations:
    """What was measured."""

    records: Mapping[str, Mapping[str, Any]]  # as metrics.json, by task of ours
    lm_eval: Mapping[str, Any] | None  # lm-eval's own results
    groups: Mapping[str, Sequence[str]]


def evaluate_tasks(config: RunConfig, plan: Plan, settings: Mapping[str, Any], out: Path) -> Evaluations | None:
    """Evaluate what was planned; None on ranks other than 0.

    settings: of `evaluation_settings`; `out` is held to them. Samples and figures are kept there; a task that is
    finished is not evaluated again, and one that was interrupted goes on.
    """
    everything = [question for task in plan.ours for question in task.questions]
    with open_session(config, Questions((), everything, 0)) as session:
        backend = session.backend
        directory = RunDirectory(out, backend.rank == 0)
        environment = describe_environment(config.seed)
        directory.prepare(yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True), environment)
        rollouts = session.rollouts(config)
        records = {}
        for task in plan.ours:
            folder = out / kept_name(task.name)
            finished = backend.broadcast((folder / "metrics.json").exists())
            if not finished:
                evaluate(rollouts, task.questions, task.protocol, directory, folder, task.name)
            if backend.rank == 0:
                records[task.name] = json.loads((folder / "metrics.json").read_text())
        others = _by_lm_eval(config, plan.lm_eval, session, directory) if plan.lm_eval else None
        if backend.rank:
            return None
        from sdzero_bench.lm_eval_tasks.results_json import results_json

        results = results_json(
            records,
            config=settings,
            environment=environment,
            groups=plan.groups,
            lm_eval_results=others,
        )
        directory.write(write_json, out / "results.json", results)
        return Evaluations(records, others, plan.groups)


def _by_lm_eval(
    config: RunConfig, tasks: LmEvalTasks, session: Session, directory: RunDirectory
) -> dict[str, Any] | None:
    """lm-eval's own results on rank 0, kept with its samples."""
    path = directory.root / tasks.file
    if session.backend.broadcast(path.exists()):
        kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return kept
    from sdzero_bench.lm_eval_tasks.run import evaluate_lm_eval_tasks

    results = evaluate_lm_eval_tasks(
        tasks.prepared,
        session.backend,
        reporter=session.reporter,
        system=config.questions.system_prompt or None,
        limit=config.questions.evaluation_limit,
        seed=config.seed,
    )
    directory.write(write_json, path, results)
    return results
