"""What runs call that is no Python package: compilers, open files, the sandbox for programs.

Example: on a CPU, DeepSpeed compiles an operation when it starts, and without ninja in PATH or g++ it ends there.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sdzero_bench.doctor.finding import Finding, ok, warning, wrong
from sdzero_bench.errors import UserError
from sdzero_bench.sandbox import Level, describe_level, open_sandbox

_FILES = 4096
_DEFAULT_FILES = 1024  # the usual soft limit, which vLLM raises itself as far as the hard one lets it


@dataclass(frozen=True, slots=True)
class Tools:
    """None: not there."""

    cpp: str | None  # the C++ compiler of torch's extensions ($CXX, or c++)
    gpp: str | None  # g++, for Codeforces' programs
    ninja: str | None
    ninja_beside: str | None  # ninja beside this Python, although PATH does not have it
    headers: bool  # Python.h
    files_soft: int
    files_hard: int
    level: Level | None  # of the sandbox
    level_problem: str = ""


def gather_tools() -> Tools:
    """Tries the sandbox with a small program."""
    soft, hard = (_unlimited(limit) for limit in resource.getrlimit(resource.RLIMIT_NOFILE))
    beside = Path(sys.prefix, "bin", "ninja")
    level, problem = None, ""
    try:
        level = open_sandbox().level
    except UserError as error:
        problem = str(error)
    return Tools(
        cpp=shutil.which(os.environ.get("CXX") or "c++"),
        gpp=shutil.which("g++"),
        ninja=shutil.which("ninja"),
        ninja_beside=str(beside) if beside.exists() else None,
        headers=Path(sysconfig.get_path("include"), "Python.h").exists(),
        files_soft=soft,
        files_hard=hard,
        level=level,
        level_problem=problem,
    )


def _unlimited(limit: int) -> int:
    return sys.maxsize if limit == resource.RLIM_INFINITY else limit


def check_tools(facts: Tools, deepspeed: bool, gpus: int) -> Iterator[Finding]:
    """deepspeed: it is installed."""
    if deepspeed:
        yield _extensions(facts, gpus)
    yield (
        ok("C++ for codeforces", facts.gpp)
        if facts.gpp
        else warning("C++ for codeforces", "no g++", "apt-get install g++, or codeforces?language=python")
    )
    yield _files(facts)
    yield _sandbox(facts)


def _extensions(facts: Tools, gpus: int) -> Finding:
    missing, mends = [], []
    if facts.cpp is None:
        missing.append("a C++ compiler (c++)")
        mends.append("apt-get install g++")
    if facts.ninja is None:
        missing.append("ninja in PATH")
        beside = facts.ninja_beside
        mends.append(f'export PATH="{Path(beside).parent}:$PATH"' if beside else "pip install ninja")
    if not facts.headers:
        missing.append("Python.h")
        mends.append("apt-get install python3-dev (the version of this Python)")
    if not missing:
        return ok("DeepSpeed's compiler", f"{facts.cpp}, {facts.ninja}, Python.h")
    found, mend = f"missing: {', '.join(missing)}", "; ".join(mends)
    if gpus:
        return warning("DeepSpeed's compiler", f"{found}; needed where DeepSpeed builds operations of its own", mend)
    return wrong("DeepSpeed's compiler", f"{found}; on a CPU DeepSpeed builds an operation when it starts", mend)


def _files(facts: Tools) -> Finding:
    hard = "unlimited" if facts.files_hard == sys.maxsize else f"{facts.files_hard:,}"
    found = f"{facts.files_soft:,} files may be open, {hard} when a process asks"
    if facts.files_soft < _DEFAULT_FILES or facts.files_hard < _FILES:
        return warning("ulimit -n", found, "ulimit -n 65536 (docker run --ulimit nofile=65536:65536)")
    return ok("ulimit -n", found)


def _sandbox(facts: Tools) -> Finding:
    if facts.level is None:
        said, _, mend = facts.level_problem.partition("). ")
        return warning("sandbox", f"{said})" if mend else said, mend or "mathematics can be judged without it")
    said, _, mend = describe_level(facts.level).partition("; to raise the level, ")
    return warning("sandbox", said, mend) if mend else ok("sandbox", said)
