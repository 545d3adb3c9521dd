"""Judges by name: `Question.judge` is a name below, or "module:function" for a judge of your own.

Example: "math" is sdzero_bench.verify.math:judge; "my_package.poems:judge" imports yours in the worker processes.
A judge takes (question, completion text) and returns a Verdict; what it raises counts as reward 0. Judges of programs
run them in `sdzero_bench.sandbox`, with time limits of their own; the pool's is theirs only as a last resort.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from sdzero_bench.errors import UserError
from sdzero_bench.types import Question, Verdict

Judge = Callable[[Question, str], Verdict]

JUDGES = {
    "math": "sdzero_bench.verify.math:judge",
    "reasoning_gym": "sdzero_bench.verify.gym:judge",
    "humaneval": "sdzero_bench.verify.code.humaneval:judge",
    "mbpp": "sdzero_bench.verify.code.mbpp:judge",
    "evalplus": "sdzero_bench.verify.code.evalplus:judge",
    "livecodebench": "sdzero_bench.verify.code.livecodebench:judge",
    "codeforces": "sdzero_bench.verify.code.codeforces:judge",
}
RUNS_PROGRAMS = frozenset({"humaneval", "mbpp", "evalplus", "livecodebench", "codeforces"})
PROGRAM_SECONDS = 1800.0  # the pool's last resort for a judge of RUNS_PROGRAMS: some have hundreds of slow tests


def judge_path(name: str) -> str:
    """ "module:function" of a judge. Raises UserError for an unknown name; imports nothing."""
    path = JUDGES.get(name, name)
    module, found, function = path.partition(":")
    if not (found and function.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise UserError(f"judge: unknown judge {name!r}; known: {', '.join(JUDGES)}, or your own as module:function")
    return path


def load_judge(name: str) -> Judge:
    """Import a judge. Raises UserError where there is none."""
    module, _, function = judge_path(name).partition(":")
    try:
        judge: Judge = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UserError(f"judge: cannot import {name!r}: {error}") from None
    return judge


def seconds_for(judge: str, timeout: float) -> float:
    """How long the pool waits for one item of a judge before it kills the worker."""
    return max(timeout, PROGRAM_SECONDS) if judge in RUNS_PROGRAMS else timeout
