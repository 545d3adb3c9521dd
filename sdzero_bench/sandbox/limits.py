"""What a judged program may use, and how its run ended.

Example: `Limits(cpu_seconds=2, wall_seconds=10)`; a program that spins gives
`Outcome(stdout=b"", stderr=b"", exit_code=None, stop=Stop.CPU, cpu_seconds=2.02)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

STDERR_TAIL = 16 << 10  # bytes of stderr that are kept: the end


@dataclass(frozen=True)
class Limits:
    """Limits of one run, for all its processes together but where it says otherwise."""

    cpu_seconds: float  # processor time; of `Sandbox.start`, until the first `ask`
    wall_seconds: float
    memory_bytes: int = 1 << 30  # resident together, and address space of each process
    processes: int = 32  # threads too
    file_bytes: int = 16 << 20  # of each file, and of all in the temporary folder together
    output_bytes: int = 4 << 20  # of stdout and of stderr; of `ask`, of one line
    stack_bytes: int = 64 << 20  # of a process's main thread; the size of every thread's stack in address space


class Stop(StrEnum):
    """Why a run ended; the value is for people."""

    EXITED = "exited"
    SIGNAL = "killed by a signal"  # its own crash: a null pointer, abort(), ...
    CPU = "cpu time limit"
    WALL = "wall time limit"
    MEMORY = "memory limit"
    PROCESSES = "process limit"
    FILES = "file limit"
    OUTPUT = "output limit"
    KILLED = "killed"  # by `Program.kill`, or it broke its sandbox's keeper and took itself down


@dataclass(frozen=True)
class Outcome:
    """A run that is over."""

    stdout: bytes  # at most output_bytes
    stderr: bytes  # the end of it
    exit_code: int | None  # minus the signal's number for SIGNAL, None where a limit ended it
    stop: Stop
    cpu_seconds: float  # of all its processes together


class Stopped(Exception):  # noqa: N818  (it says what happened; a limit is no error of ours)
    """A program in a conversation ended or went over a limit: `stop` says which, `detail` is for people."""

    def __init__(self, stop: Stop, detail: str) -> None:
        super().__init__(f"{stop}: {detail}" if detail else str(stop))
        self.stop = stop
        self.detail = detail
