"""Evaluate one model on several tasks: benchmarks and question sets by us, any other by lm-eval on our backend.

Example: `humaneval` and `test.jsonl` each get a folder of their own with metrics.json and samples.parquet, `gsm8k_cot`
is lm-eval's, and results.json has all three in the shape lm-eval users know.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdzero_bench.benchmarks import expand, find_card
from sdzero_bench.config import EvaluationConfig, RunConfig, dump_config
from sdzero_bench.data import Questions
from sdzero_bench.environment import describe_environment
from sdzero_bench.errors import UserError
from sdzero_bench.evaluation import evaluate
from sdzero_bench.protocol import protocol_of
from sdzero_bench.questions import is_question_set, load_questions, prepare
from sdzero_bench.questions.spec import split_spec
from sdzero_bench.rundir import RunDirectory, write_json
from sdzero_bench.session import Session, open_session
from sdzero_bench.types import Question

if TYPE_CHECKING:
    from sdzero_bench.lm_eval_tasks.prepare import Prepared


@dataclass(frozen=True)
class PlannedTask:
    """One task of ours: what is asked, and how."""

    name: str
    questions: Sequence[Question]
    protocol: EvaluationConfig


@dataclass(frozen=True)
class Plan:
    """What an evaluation will do, after every check that needs no model."""

    ours: Sequence[PlannedTask]
    lm_eval: Prepared | None  # the other tasks, with their data
    groups: Mapping[str, Sequence[str]]  # that were asked for, with their tasks


@dataclass(frozen=True)
class Evaluations:
    """What was measured."""

    records: Mapping[str, Mapping[str, Any]]  # as metrics.json, by task of ours
    lm_eval: Mapping[str, Any] | None  # lm-eval's own results
    groups: Mapping[str, Sequence[str]]


def plan_tasks(config: RunConfig, names: Sequence[str], overrides: Mapping[str, Any]) -> Plan:
    """Read the questions of our tasks and the data of lm-eval's. Raises UserError.

    overrides: temperature, top_p, max_new_tokens in place of those of lm-eval's tasks. What a config says for our own
    evaluations is not meant for them.
    """
    shots = config.questions.shots
    groups = {name: tasks for name in names if (tasks := expand([name])) != [name]}
    ours, others = [], []
    for name in expand(names):
        card = find_card(split_spec(name)[0])
        if card is None and not is_question_set(name):
            others.append(name)
            continue
        if card is None and shots is not None:
            raise UserError(f"--shots: {name} has no worked examples to show; leave it out for question sets")
        loaded = load_questions(name, seed=config.seed, split="evaluation", data_dir=config.data_dir, shots=shots)
        questions = prepare(loaded[: config.questions.evaluation_limit], config.questions)
        ours.append(PlannedTask(name, questions, protocol_of(card, config.evaluation)))
    if not others:
        return Plan(ours, None, groups)
    from sdzero_bench.lm_eval_tasks.prepare import prepare_lm_eval_tasks

    if sys.stderr.isatty():  # its index takes seconds
        print(f"{', '.join(others)}: no task of ours; asking lm-eval", file=sys.stderr)
    prepared = prepare_lm_eval_tasks(
        others, shots=shots, unsafe_code=config.unsafe_code, data_dir=config.data_dir, **overrides
    )
    return Plan(ours, prepared, groups)


def evaluate_tasks(config: RunConfig, plan: Plan, out: Path) -> Evaluations | None:
    """Evaluate what was planned; None on ranks other than 0.

    Samples and figures are kept under `out`; a task that is finished there is not evaluated again, and one that was
    interrupted goes on.
    """
    everything = [question for task in plan.ours for question in task.questions]
    with open_session(config, Questions((), everything, 0)) as session:
        backend = session.backend
        directory = RunDirectory(out, backend.rank == 0)
        environment = describe_environment(config.seed)
        directory.prepare(dump_config(config), environment)
        rollouts = session.rollouts(config)
        records = {}
        for task in plan.ours:
            folder = out / "".join(c if c.isalnum() or c in "_-" else "-" for c in task.name)
            finished = backend.broadcast((folder / "metrics.json").exists())
            if not finished:
                evaluate(rollouts, task.questions, task.protocol, directory, folder, task.name)
            if backend.rank == 0:
                records[task.name] = json.loads((folder / "metrics.json").read_text())
        others = _by_lm_eval(config, plan.lm_eval, session, out / "lm-eval.json", directory) if plan.lm_eval else None
        if backend.rank:
            return None
        from sdzero_bench.lm_eval_tasks.results_json import results_json

        results = results_json(
            records,
            config=config.model_dump(mode="json"),
            environment=environment,
            groups=plan.groups,
            lm_eval_results=others,
        )
        directory.write(write_json, out / "results.json", results)
        return Evaluations(records, others, plan.groups)


def _by_lm_eval(
    config: RunConfig, prepared: Prepared, session: Session, path: Path, directory: RunDirectory
) -> dict[str, Any] | None:
    """lm-eval's own results on rank 0, kept with its samples in `path`."""
    if session.backend.broadcast(path.exists()):
        kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return kept
    from sdzero_bench.lm_eval_tasks.run import evaluate_lm_eval_tasks

    results = evaluate_lm_eval_tasks(
        prepared,
        session.backend,
        reporter=session.reporter,
        system=config.questions.system_prompt or None,
        limit=config.questions.evaluation_limit,
        seed=config.seed,
    )
    directory.write(write_json, path, results)
    return results


def last_checkpoint(run: Path) -> Path:
    """The policy after the last finished round of a run."""
    directory = RunDirectory(run, writable=False)
    done = [number for number in directory.rounds_done() if number > 0]
    if not done:
        raise UserError(f"--run: {run} has no finished round to evaluate")
    if not directory.checkpoint(done[-1]).exists():
        raise UserError(f"--run: {directory.checkpoint(done[-1])} was not kept, so there is nothing to evaluate")
    return directory.checkpoint(done[-1])
