"""Everything that can be wrong with lm-eval's tasks, found before anything expensive starts.

Example: prepare_lm_eval_tasks(["mmlu", "gsm8k_cot"], shots=5) reads the data of 58 tasks; "humaneval_64" is refused,
and so is a task whose data cannot be had.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdzero_bench.errors import UserError
from sdzero_bench.lm_eval_tasks.catalogue import lm_eval_names, refuse_unsafe_code, task_manager
from sdzero_bench.lm_eval_tasks.quiet import quietly

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager


@dataclass(frozen=True)
class Prepared:
    """Tasks with their data. Good for one evaluation: lm-eval keeps requests and answers in them."""

    manager: TaskManager
    tasks: Sequence[Any]  # lm-eval's Task and Group objects
    changes: Mapping[str, Any]  # of their generation_kwargs
    shots: int | None
    unsafe_code: bool


def prepare_lm_eval_tasks(
    names: Sequence[str],
    *,
    shots: int | None = None,
    unsafe_code: bool = False,
    temperature: float | None = None,
    top_p: float | None = None,
    max_new_tokens: int | None = None,
    data_dir: Path | None = None,
    manager: TaskManager | None = None,
) -> Prepared:
    """Check the names, read the data, and look for what the backend cannot do. Raises UserError.

    shots: in place of a task's number of few-shot examples, where that is not 0. temperature, top_p, max_new_tokens: in
    place of the tasks' generation_kwargs. data_dir: see `local_data`. manager: in place of all that lm-eval has.
    """
    from sdzero_bench.lm_eval_tasks.loading import load_tasks

    manager = manager or task_manager()
    lm_eval_names(names, manager)
    if unsafe_code:
        os.environ["HF_ALLOW_CODE_EVAL"] = "1"  # lm-eval's code_eval metric asks for this consent
    else:
        refuse_unsafe_code(manager, names)
    changes = _changes(temperature, top_p, max_new_tokens)
    with quietly(logging.NullHandler()):  # what it remarks about its own YAML helps nobody here
        tasks = load_tasks(manager, list(dict.fromkeys(names)), data_dir, shots)
    _check(tasks, changes, unsafe_code)
    return Prepared(manager, tasks, changes, shots, unsafe_code)


def _changes(temperature: float | None, top_p: float | None, max_new_tokens: int | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if temperature is not None:
        changes |= {"temperature": temperature, "do_sample": temperature > 0}
    if top_p is not None:
        changes["top_p"] = top_p
    if max_new_tokens is not None:
        changes["max_gen_toks"] = max_new_tokens
    return changes


def _check(loaded: Sequence[Any], changes: Mapping[str, Any], unsafe_code: bool) -> None:
    from sdzero_bench.lm_eval_tasks.generation import read_generation

    seen: set[str] = set()
    for item in loaded:
        for task in item.get_all_tasks() if hasattr(item, "get_all_tasks") else [item]:
            name = task.task_name
            if name in seen:
                raise UserError(f"--tasks: {name} is asked for more than once; name it or its group, not both")
            seen.add(name)
            if getattr(task, "MULTIMODAL", False):
                raise UserError(f"--tasks: {name} shows images or sounds, and the backend takes text; leave it out")
            if getattr(task, "UNSAFE_CODE", False) and not unsafe_code:
                raise UserError(f"--tasks: {name} executes model-written code in this process; give --unsafe-code")
            if task.OUTPUT_TYPE == "generate_until" and task.get_config("generation_kwargs"):
                read_generation({**task.get_config("generation_kwargs"), **changes}, f"--tasks: {name}")
