"""What runs call that is no Python package: compilers, open files, the sandbox for programs.

Example: on a GPU, Triton compiles its launcher when vLLM first runs a kernel, and without a C compiler it ends there.
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

    cc: str | None  # the C compiler that Triton takes ($CC, gcc or clang)
    gpp: str | None  # g++, for Codeforces' programs
    headers: bool  # Python.h
    files_soft: int
    files_hard: int
    level: Level | None  # of the sandbox
    level_problem: str = ""


def gather_tools() -> Tools:
    """Tries the sandbox with a small program."""
    soft, hard = (_unlimited(limit) for limit in resource.getrlimit(resource.RLIMIT_NOFILE))
    level, problem = None, ""
    try:
        level = open_sandbox().level
    except UserError as error:
        problem = str(error)
    return Tools(
        cc=shutil.which(os.environ.get("CC") or "gcc") or shutil.which("clang"),
        gpp=shutil.which("g++"),
        headers=Path(sysconfig.get_path("include"), "Python.h").exists(),
        files_soft=soft,
        files_hard=hard,
        level=level,
        level_problem=problem,
    )


def _unlimited(limit: int) -> int:
    return sys.maxsize if limit == resource.RLIM_INFINITY else limit


def check_tools(facts: Tools, vllm: bool, gpus: int) -> Iterator[Finding]:
    """vllm: it is installed."""
    if vllm and gpus:  # on a CPU neither engine compiles anything here
        yield _triton(facts)
    yield (
        ok("C++ for codeforces", facts.gpp)
        if facts.gpp
        else warning("C++ for codeforces", "no g++", "apt-get install g++, or codeforces?language=python")
    )
    yield _files(facts)
    yield _sandbox(facts)


def _triton(facts: Tools) -> Finding:
    missing = []
    if facts.cc is None:
        missing.append(("a C compiler", "apt-get install gcc"))
    if not facts.headers:
        missing.append(("Python.h", "apt-get install python3-dev (the version of this Python)"))
    if not missing:
        return ok("Triton's compiler", f"{facts.cc}, Python.h")
    found = "missing: " + ", ".join(what for what, _ in missing)
    return wrong("Triton's compiler", f"{found}; vLLM's kernels need it", "; ".join(mend for _, mend in missing))


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
