"""What an evaluation will do, found out without a model and without torch, so that what is wrong is said at once.

Example: plan_tasks(config, ["gsm8k", "gsm8k_cot"], {"k"}, {}) has gsm8k's questions with its card's protocol but the k
of the config, and lm-eval's gsm8k_cot with its data.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdzero_bench.benchmarks import expand, find_card
from sdzero_bench.config import EvaluationConfig, RunConfig
from sdzero_bench.errors import UserError
from sdzero_bench.evaluation_folder import kept_name
from sdzero_bench.protocol import protocol_of
from sdzero_bench.questions import is_question_set, load_questions, prepare
from sdzero_bench.questions.spec import split_spec
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
class LmEvalTasks:
    """Tasks of lm-eval's that are evaluated together."""

    prepared: Prepared  # with their data
    file: str  # that keeps their results: another for other tasks or other settings


@dataclass(frozen=True)
class Plan:
    """What an evaluation will do, after every check that needs no model."""

    ours: Sequence[PlannedTask]
    lm_eval: LmEvalTasks | None
    groups: Mapping[str, Sequence[str]]  # that were asked for, with their tasks


def plan_tasks(config: RunConfig, names: Sequence[str], given: Collection[str], overrides: Mapping[str, Any]) -> Plan:
    """Read the questions of our tasks and the data of lm-eval's. Raises UserError.

    given: the fields of `config.evaluation` that a person has set, which count over a benchmark's protocol. overrides:
    temperature, top_p, max_new_tokens in place of those of lm-eval's tasks. What a config says for our own evaluations
    is not meant for them.
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
        ours.append(PlannedTask(name, questions, protocol_of(card, config.evaluation, given)))
    if not others:
        return Plan(ours, None, groups)
    from sdzero_bench.lm_eval_tasks.prepare import prepare_lm_eval_tasks

    if sys.stderr.isatty():  # its index takes seconds
        print(f"{', '.join(others)}: no task of ours; asking lm-eval", file=sys.stderr)
    prepared = prepare_lm_eval_tasks(
        others, shots=shots, unsafe_code=config.unsafe_code, data_dir=config.data_dir, **overrides
    )
    return Plan(ours, LmEvalTasks(prepared, lm_eval_file(others, overrides)), groups)


def lm_eval_file(names: Sequence[str], overrides: Mapping[str, Any]) -> str:
    """Example: "lm-eval-gsm8k_cot.json"; `overrides` are no part of the config that the folder is held to."""
    changes = [f"{name}={value}" for name, value in sorted(overrides.items())]
    return f"lm-eval-{kept_name(','.join([*sorted(names), *changes]))}.json"
