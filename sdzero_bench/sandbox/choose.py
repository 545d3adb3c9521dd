"""Which level to run programs at: the safest that works on this machine, unless another one was asked for.

Example: without bwrap and in a container that allows no namespaces, `open_sandbox()` is at Level.LANDLOCK.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from sdzero_bench.errors import RunError, UserError
from sdzero_bench.sandbox.level import Level
from sdzero_bench.sandbox.limits import Limits, Stop
from sdzero_bench.sandbox.sandbox import Sandbox

VARIABLE = "SDZERO_SANDBOX"
_RAISE = (
    "install bubblewrap (apt-get install bubblewrap) and allow user namespaces (sysctl user.max_user_namespaces, "
    "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0; in a container "
    "--security-opt seccomp=unconfined --security-opt systempaths=unconfined)"
)
_PROBE = "import socket\ntry: socket.socket()\nexcept PermissionError: print('held')"


def open_sandbox(level: Level | None = None) -> Sandbox:
    """A sandbox at `level`; None: the level named by the variable SDZERO_SANDBOX, else the safest that works here.

    Raises UserError where that level does not work here, or where only UNSAFE would and it was not asked for.
    """
    if sys.platform != "linux":
        raise UserError("sandbox: programs can be judged on Linux only; use questions without programs here")
    if level is None and (named := os.environ.get(VARIABLE)):
        if named not in list(Level):
            raise UserError(f"{VARIABLE}: unknown level {named!r}; known: {', '.join(Level)}")
        level = Level(named)
    if level is not None:
        if problem := why_not(level):
            raise UserError(f"sandbox: level {level} does not work here: {problem}; {_RAISE}")
        return Sandbox(level)
    for candidate in (Level.BUBBLEWRAP, Level.NAMESPACES, Level.LANDLOCK):
        if not why_not(candidate):
            return Sandbox(candidate)
    problems = "; ".join(f"{candidate}: {why_not(candidate)}" for candidate in Level if candidate is not Level.UNSAFE)
    raise UserError(
        f"sandbox: no way to hold the programs that a model wrote ({problems}). {_RAISE}; "
        "or run them with your own rights on a machine you can lose: --unsafe-code"
    )


@lru_cache
def why_not(level: Level) -> str:
    """Why a level does not work here, "" where it does. Runs a small program the first time."""
    if level is Level.UNSAFE:
        return ""
    limits = Limits(cpu_seconds=10, wall_seconds=20)
    try:
        outcome = Sandbox(level).run([sys.executable, "-I", "-S", "-c", _PROBE], limits=limits)
    except (RunError, OSError) as error:
        return str(error).removeprefix("sandbox: ")
    if outcome.stop is not Stop.EXITED or outcome.stdout != b"held\n":
        said = outcome.stderr.decode(errors="replace").strip().splitlines()
        return said[-1] if said else f"a small program: {outcome.stop}, exit code {outcome.exit_code}"
    return ""


def describe_level(level: Level) -> str:
    """One line for people: the level in force and how to raise it."""
    if level is Level.BUBBLEWRAP:
        return "programs run in bubblewrap: no network, no files of yours, limits on time, memory and processes"
    if level is Level.NAMESPACES:
        return "programs run in Linux namespaces: no network, no files of yours, limits on time, memory and processes"
    if level is Level.LANDLOCK:
        return f"programs are held by Landlock and seccomp only, without namespaces; to raise the level, {_RAISE}"
    return f"UNSAFE: programs run with your rights and can harm this machine; to raise the level, {_RAISE}"
