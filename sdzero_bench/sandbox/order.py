"""The order for a keeper: everything about one run that the judge's side decides, in plain values.

Example: {"level": "namespaces", "argv": ["python3", "/box/a.py"], "user": [1879133193, 1879133193], "view": [["tmp",
"", "/tmp"], ["read", "/usr", "/usr"], ...], "memory_bytes": 1073741824, "limits": {"CPU": 3, ...}, ...}.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sdzero_bench.sandbox.level import Level
from sdzero_bench.sandbox.limits import Limits
from sdzero_bench.sandbox.view import WORK, environment, interpreter_places, landlock_files, view

Order = dict[str, Any]

# Address space that a program may have beyond its memory: stacks of threads, libraries, what an allocator reserves.
_NOT_RESIDENT = 512 << 20
# Users 1879048192 to 2147483647 belong to nobody (systemd, "Users, Groups, UIDs and GIDs"); process numbers end at
# 2**22, so that every judge on the machine has 64 of them. In a container with fewer users 60578 to 61183 are nobody's.
_USERS = (1879048192, 1 << 28)
_FEW_USERS = (60578, 606)
_runs = itertools.count()


def build_order(
    level: Level, argv: Sequence[str], folder: Path | None, writable: bool, limits: Limits, conversation: bool
) -> Order:
    """An order. `conversation`: processor time is counted by the call, which no limit of a process can do."""
    user = _unused_user() if os.geteuid() == 0 and level is not Level.UNSAFE else None
    work = os.path.realpath(folder) if folder is not None else ""
    jailed = level in (Level.BUBBLEWRAP, Level.NAMESPACES)
    places = interpreter_places()
    return {
        "level": str(level),
        "argv": list(argv),
        "env": environment(),
        "confine": level is not Level.UNSAFE,
        "user": user,
        "view": view(work, writable) if jailed else [],
        "files": landlock_files(work, writable) if level is Level.LANDLOCK else None,
        # Where paths in argv really are: without a file system of their own, /box is `folder`.
        "places": places if jailed else {path: path for path in places} | ({WORK: work} if work else {}),
        "temp_parent": tempfile.gettempdir(),
        "temp_bytes": limits.file_bytes,
        "writable": (WORK if jailed else work) if writable else "",
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "processes": limits.processes,
        "limits": _resource_limits(limits, conversation)
        | ({} if level is Level.UNSAFE else {"NPROC": limits.processes + _counted_with(user, jailed)}),
    }


def _resource_limits(limits: Limits, conversation: bool) -> dict[str, int]:
    """By setrlimit(2)'s names, RLIMIT_*."""
    fixed = {
        "AS": limits.memory_bytes + _NOT_RESIDENT,
        "FSIZE": limits.file_bytes,
        "STACK": limits.stack_bytes,
        "NOFILE": 256,
        "CORE": 1,  # byte: none is written; 0 would still start a handler of core dumps, outside
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    return fixed if conversation else fixed | {"CPU": math.ceil(limits.cpu_seconds) + 1}


def _counted_with(user: list[int] | None, jailed: bool) -> int:
    """Threads that RLIMIT_NPROC counts beside the program's: those of its user in its user namespace."""
    if user:
        return 0
    if jailed:
        return 2  # the keeper, and the process that waits for it
    threads = 0
    with os.scandir("/proc") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # it has ended
                if entry.name.isdigit() and entry.stat().st_uid == os.geteuid():
                    threads += len(os.listdir(f"{entry.path}/task"))
    return threads


def _unused_user() -> list[int]:
    """A user and group number that nobody on the machine has, another one for each run of this process."""
    with open("/proc/self/uid_map") as file:
        last = max(int(start) + int(count) for start, _, count in map(str.split, file)) - 1
    first, count = _USERS if last >= sum(_USERS) - 1 else _FEW_USERS
    number = first + (os.getpid() * 64 + next(_runs) % 64) % count
    return [number, number]
