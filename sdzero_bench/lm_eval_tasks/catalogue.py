"""What the installed lm-eval can run: names of tasks, groups and tags, and which of them execute model-written code.

Example: "mmlu" is a group of 57 tasks, "ai2_arc" a tag of two, "humaneval_plus" a task that executes code.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from sdzero_bench.benchmarks import read_cards
from sdzero_bench.errors import UserError

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager


@cache
def task_manager() -> TaskManager:
    """lm-eval's index of its 14,000 names. Takes 10 to 20 s, once a process."""
    from lm_eval.tasks import TaskManager

    return TaskManager()


def lm_eval_names(names: Iterable[str], manager: TaskManager | None = None) -> set[str]:
    """The names themselves, each of a task, group or tag of lm-eval or of a task's YAML file. UserError for any other.

    Slow (`task_manager`): ask only for names that are nothing else.
    """
    manager = manager or task_manager()
    known = manager.task_index
    asked = set(names)
    for name in sorted(asked):
        if name not in known and not _is_yaml(name):
            near = get_close_matches(name, list(known), n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else "`lm_eval ls tasks` prints all"
            raise UserError(f"--tasks: neither sdzero-bench nor lm-eval knows a task {name!r}; {hint}")
    return asked


def leaf_configs(manager: TaskManager, name: str) -> dict[str, Mapping[str, Any]]:
    """The tasks behind a task, group, tag or YAML file: name -> its YAML, with functions as text."""
    entry = manager.task_index.get(name)
    if entry is None and _is_yaml(name):
        from lm_eval.tasks._yaml_loader import load_yaml

        config = load_yaml(name, resolve_func=False)
        return _of_config(manager, str(config.get("task", name)), config)
    if entry is None:
        return {}
    if entry.cfg is None:  # a tag
        return {task: config for tagged in sorted(entry.tags) for task, config in leaf_configs(manager, tagged).items()}
    return _of_config(manager, name, entry.cfg)


def refuse_unsafe_code(manager: TaskManager, names: Iterable[str]) -> None:
    """UserError for a task that would execute what the model writes in this process, outside the sandbox."""
    for name in names:
        for task, config in leaf_configs(manager, name).items():
            if config.get("unsafe_code"):
                ours = _sandboxed(task)
                instead = f"use our `{ours}`, which runs it in the sandbox" if ours else "leave it out"
                of_group = "" if task == name else f" (in {name})"
                raise UserError(
                    f"--tasks: lm-eval's {task}{of_group} executes model-written code in this process; {instead}, or "
                    "give --unsafe-code"
                )


def _sandboxed(task: str) -> str | None:
    """Our task of the same problems: "mbpp_plus" for lm-eval's "mbpp_plus_instruct"."""
    ours = [name for name, card in read_cards().items() if card.domain == "code" and task.startswith(name)]
    return max(ours, key=len, default=None)


def _of_config(manager: TaskManager, name: str, config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    members = config.get("task")
    if "group" not in config or not isinstance(members, list):
        return {name: config}
    leaves: dict[str, Mapping[str, Any]] = {}
    for member in members:
        child = member if isinstance(member, str) else str(member.get("task") or member.get("group"))
        if child in manager.task_index:
            leaves |= leaf_configs(manager, child)
        elif not isinstance(member, str):  # defined inside the group
            leaves |= _of_config(manager, child, member)
    return leaves


def _is_yaml(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) and os.path.isfile(name)
