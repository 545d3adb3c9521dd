"""Finds and runs the C++ compiler, in the sandbox.

Example: `compile_cpp(folder)` makes /box/program of the folder's main.cpp, or raises "does not compile: ...".
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sdzero_bench.errors import UserError
from sdzero_bench.sandbox import Limits, Stop
from sdzero_bench.types import Question
from sdzero_bench.verify.code.remote import ProgramError, sandbox
from sdzero_bench.verify.code.stdio import describe

PROGRAM = "/box/program"
# ONLINE_JUDGE as on Codeforces: programs look for it.
_OPTIONS = ["-O2", "-std=c++20", "-pipe", "-DONLINE_JUDGE", "-w", "-fdiagnostics-color=never"]
_LIMITS = Limits(cpu_seconds=30, wall_seconds=120, memory_bytes=3 << 30, file_bytes=64 << 20, output_bytes=1 << 20)
_ERROR = re.compile(r"^(?:\S*/)?(.*\b(?:error|undefined reference)\b.*)$", re.MULTILINE)


def check_compilers(questions: Iterable[Question]) -> None:
    """Raises UserError where a question asks for C++ and there is no compiler."""
    if any(question.meta.get("language") == "cpp" for question in questions if question.judge == "codeforces"):
        _compiler()


def compile_cpp(folder: Path) -> None:
    """Compile the folder's main.cpp to `PROGRAM`. Raises ProgramError where it does not compile."""
    command = [_compiler(), *_OPTIONS, "-o", PROGRAM, "/box/main.cpp"]
    outcome = sandbox().run(command, folder=folder, writable=True, limits=_LIMITS)
    if outcome.stop is not Stop.EXITED:
        raise ProgramError(f"does not compile: {describe(outcome)}")
    if outcome.exit_code != 0:
        error = _ERROR.search(outcome.stderr.decode(errors="replace"))
        raise ProgramError(f"does not compile: {error[1][:200] if error else describe(outcome)}")


@lru_cache(maxsize=1)
def _compiler() -> str:
    found = shutil.which("g++")
    if found is None:
        raise UserError(
            "codeforces: no C++ compiler g++ here; install one (apt-get install g++), or ask for language=python"
        )
    return found
