"""Judges by name: `Question.judge` is a name below, or "module:function" for a judge of your own.

Example: "math" is sdzero_bench.verify.math:judge; "my_package.poems:judge" imports yours in the worker processes.
A judge takes (question, completion text) and returns a Verdict; what it raises counts as reward 0.
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
}


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
