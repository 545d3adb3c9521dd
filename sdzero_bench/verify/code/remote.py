"""Functions of a sandboxed program, callable in the judge: arguments go in as data, results come back as data.

Example: `program.load(["def add(a, b): return a + b"], ["add"])`, then `RemoteFunction(program, "add")(3, 7)` -> 10.
Every request has an identity that cannot be guessed, and a reply has to name it: a program that writes replies of its
own accord, before it is asked or twice, is out of turn and fails.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from sdzero_bench.sandbox import Limits, Sandbox, Stopped, open_sandbox
from sdzero_bench.verify.code.inside import values

# Wall time for a second of processor time: on a busy machine a program gets a share only, and has to be judged as on
# any other. Python programs that wait are ended long before: see inside/idle.py.
WALL_FACTOR = 10.0
WALL_START = 5.0  # seconds of wall time more, for starting the process
MEMORY_BYTES = 2 << 30
REPLY_BYTES = 8 << 20
LOAD_SECONDS = 5.0  # of processor time, for a program's own start: its imports, its constants

INSIDE = Path(values.__file__).parent
# The folder of runner.py passes for the package it belongs to; nothing else of the project is in the sandbox.
_BOOT = """
import sys
inside = "sdzero_bench.verify.code.inside"
for name in ("sdzero_bench", "sdzero_bench.verify", "sdzero_bench.verify.code", inside):
    sys.modules[name] = type(sys)(name)
    sys.modules[name].__path__ = [sys.argv[1]]
from sdzero_bench.verify.code.inside import runner
runner.add_packages(sys.argv[2])
del sys.argv[1:]
runner.main()
"""


class ProgramError(Exception):
    """The program gave no result; the message says why, for people: "raises ValueError: ...", "cpu time limit"."""


class RaisedError(ProgramError):
    """The program raised an exception: `kind` is the name of its class."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call returned."""

    value: Any
    plain: bool  # the value's own type was a built-in one, not a subclass of it: see `values.is_plain`
    cpu_seconds: float  # of the call, as the program's process says


def wall_seconds(cpu_seconds: float) -> float:
    """Wall time to allow a program that may take `cpu_seconds` of processor time."""
    return WALL_FACTOR * cpu_seconds + WALL_START


@lru_cache(maxsize=1)
def sandbox() -> Sandbox:
    """The sandbox of this process. Raises UserError where none works here."""
    return open_sandbox()


class RemoteProgram:
    """A process with one program, in its sandbox. Killed on leaving the `with` block."""

    def __init__(self, cpu_seconds: float, *, reply_bytes: int = REPLY_BYTES, memory_bytes: int = MEMORY_BYTES) -> None:
        """`cpu_seconds`: of processor time for all calls together, loading too."""
        self._cpu_left = cpu_seconds
        self._wall_end = time.monotonic() + wall_seconds(cpu_seconds)
        limits = Limits(LOAD_SECONDS, WALL_START, memory_bytes=memory_bytes, output_bytes=reply_bytes)
        argv = [sys.executable, "-S", "-s", "-P", "-c", _BOOT, "/box", os.pathsep.join(packages())]
        self._program = sandbox().start(argv, folder=INSIDE, limits=limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._program.kill()

    def load(
        self, sources: Iterable[str], names: Sequence[str], *, prelude: str = "", owner: str | None = None
    ) -> list[str]:
        """Run the first of the sources that runs and defines one of `names`; those of the names that it defines.

        `prelude` is run before. Where the program defines a class `owner`, the names are those of an instance's
        methods. Raises ProgramError for what is wrong with the first one.
        """
        failure: ProgramError | None = None
        for source in sources:
            request = {"source": source, "names": list(names), "prelude": prelude, "owner": owner}
            try:
                found = self._ask("load", request, LOAD_SECONDS).value
                if isinstance(found, list) and found:
                    return [name for name in names if name in found]
                failure = failure or ProgramError(f"does not define {' or '.join(names)}")
            except RaisedError as error:
                failure = failure or error
        raise failure or ProgramError("no code found")

    def run(self, source: str) -> None:
        """Run statements with the program's names. Raises ProgramError."""
        self._ask("run", {"source": source}, LOAD_SECONDS)

    def call(
        self,
        name: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None = None,
        *,
        cpu_seconds: float,
        as_set: bool = False,
    ) -> Reply:
        """Call a function. `as_set`: whatever can be made a set comes back as one. Raises ProgramError."""
        request = {
            "name": name,
            "args": values.encode(list(args)),
            "kwargs": values.encode(dict(kwargs or {})),
            "as_set": as_set,
        }
        return self._ask("call", request, cpu_seconds)

    def _ask(self, do: str, request: dict[str, Any], cpu_seconds: float) -> Reply:
        cpu_seconds = min(cpu_seconds, self._cpu_left)
        wall = min(wall_seconds(cpu_seconds), self._wall_end - time.monotonic())
        if cpu_seconds <= 0 or wall <= 0:
            raise ProgramError("time limit of all calls together")
        identity = secrets.token_hex(8)
        line = json.dumps({"id": identity, "do": do, **request}).encode()
        try:
            answer = self._program.ask(line, cpu_seconds=cpu_seconds, wall_seconds=wall)
        except Stopped as stopped:
            raise ProgramError(str(stopped)) from None
        reply = _read(answer, identity)
        self._cpu_left -= reply.cpu_seconds
        return reply


class RemoteFunction:
    """One function of a program, to be called like any other. Raises ProgramError."""

    def __init__(self, program: RemoteProgram, name: str, cpu_seconds: float) -> None:
        """`cpu_seconds`: of processor time for each call."""
        self._program = program
        self._name = name
        self._cpu_seconds = cpu_seconds
        self.calls = 0
        self.last: Any = None  # what the last call returned

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result, as plain data."""
        self.calls += 1
        self.last = None
        self.last = self._program.call(self._name, args, kwargs, cpu_seconds=self._cpu_seconds).value
        return self.last


def _read(answer: bytes, identity: str) -> Reply:
    """The reply of a line that may be anything. Raises ProgramError."""
    try:
        reply = json.loads(answer.decode("ascii"), parse_constant=_refuse)
        if not isinstance(reply, dict) or reply.get("id") != identity:
            raise ProgramError("replied out of turn")
        cpu_seconds = float(reply["cpu"])
        if not 0 <= cpu_seconds < 1e6:
            raise ValueError("cpu")
        if "error" in reply:
            kind, message = reply["error"]
            raise RaisedError(_text(kind), _text(message))
        return Reply(values.decode(reply["value"]), reply.get("plain") is True, cpu_seconds)
    except (ValueError, TypeError, KeyError, RecursionError, values.MalformedError) as error:
        raise ProgramError(f"malformed reply: {str(error)[:100]}") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return " ".join(value.split())[:300]


@lru_cache(maxsize=1)
def packages() -> list[str]:
    """Folders of installed packages, for programs that import numpy."""
    return [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
