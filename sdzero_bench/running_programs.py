"""What has to be settled before model-written programs are run: the sandbox's level, and compilers.

Example: 164 HumanEval questions on a machine without user namespaces: `prepare_programs` says which level is in force,
or refuses with what to install.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from sdzero_bench.errors import UserError
from sdzero_bench.types import Question
from sdzero_bench.verify.judges import RUNS_PROGRAMS

LEVEL = "SDZERO_SANDBOX"  # environment variable; worker processes inherit it


def prepare_programs(questions: Iterable[Question], *, unsafe: bool, say: Callable[[str], object]) -> None:
    """Choose the sandbox's level for this process and its workers, and say which; nothing where no program will run.

    Raises UserError where no sandbox works and `unsafe` is not given, and where a compiler is missing.
    """
    programs = [question for question in questions if question.judge in RUNS_PROGRAMS]
    if not programs:
        return
    from sdzero_bench.sandbox import Level, describe_level, open_sandbox
    from sdzero_bench.verify.code.compilers import check_compilers

    try:
        level = open_sandbox().level
    except UserError:
        if not unsafe or os.environ.get(LEVEL):  # a level that was asked for by name is that level or nothing
            raise
        level = open_sandbox(Level.UNSAFE).level
    os.environ[LEVEL] = level.value
    say(describe_level(level))
    check_compilers(programs)
