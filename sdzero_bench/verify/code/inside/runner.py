"""Calls a program's functions for the judge, one line of JSON a call; runs inside the sandbox.

Example: {"id": "5f3c", "call": "add", "args": [{"t": [1, 2]}], "kwargs": {"d": []}} -> {"id": "5f3c", "value": 3, ...}.
The program shares this process and may do to it whatever it likes. All it can change is what the replies say, and they
are data: the judge alone knows which data is right.
"""

from __future__ import annotations

import json
import os
import sys
import time

from sdzero_bench.verify.code.inside import idle
from sdzero_bench.verify.code.inside.values import decode, encode, is_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MESSAGE = 300  # characters of an exception's message


def main() -> None:
    """Answer requests from stdin on stdout, until stdin ends. The program gets neither: it reads and prints nothing."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    # Bound here: a program may replace what it finds in modules.
    _serve(requests, replies, json.loads, json.JSONEncoder(allow_nan=False).encode, os.write, time.process_time)
    os._exit(0)


def _serve(requests: Any, replies: int, loads: Any, dumps: Any, write: Any, clock: Any) -> None:
    program = _Program()
    asked: list[Any] = []  # the identity of the request that is being answered

    def send(text: str) -> None:
        data = memoryview(text.encode() + b"\n")
        while data:
            data = data[write(replies, data) :]

    def give_up(leave: Any = os._exit) -> None:
        send(dumps({"id": asked[0], "cpu": 0, "error": ["TimeoutError", "it only waits"]}))
        leave(1)

    idle.watch(lambda: bool(asked), give_up)
    for line in requests:
        request = loads(line)
        start = clock()
        asked.append(request["id"])
        try:
            reply = getattr(program, request["do"])(request)
            text = dumps({"id": request["id"], "cpu": clock() - start, **reply})
        except BaseException as error:  # whatever the program raises: SystemExit, KeyboardInterrupt
            text = dumps({"id": request["id"], "cpu": clock() - start, "error": _describe(error)})
        asked.clear()
        send(text)


class _Program:
    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run a program; those of `names` that it defines, in a class `owner` if it has one."""
        names: dict[str, Any] = {}
        exec(request["prelude"], names)
        exec(compile(request["source"], "program", "exec", dont_inherit=True), names)
        if request["owner"] in names:
            owner = names[request["owner"]]()
            names = {name: getattr(owner, name) for name in request["names"] if hasattr(owner, name)}
        self.names = names
        return {"value": [name for name in request["names"] if name in names]}

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run statements beside the program's own, with its names."""
        exec(request["source"], self.names)
        return {"value": None}

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the program. `as_set`: what it returns is wanted as a set, whatever can be made one."""
        args = decode(request["args"], self.names)
        value = self.names[request["name"]](*args, **decode(request["kwargs"], self.names))
        if request["as_set"]:
            value = set(value)
        return {"value": encode(value), "plain": is_plain(value)}


def _describe(error: BaseException) -> list[str]:
    """Kind and message of an exception, for people."""
    kind = type(error).__name__
    try:
        message = f"{error.msg} (line {error.lineno})" if isinstance(error, SyntaxError) else str(error)
    except BaseException:
        message = ""
    return [str(kind)[:100], message[:_MESSAGE]]


def add_packages(folders: str) -> None:
    """Make installed packages importable, but none of this project: `folders` separated as in PATH."""
    sys.path[:] = [path for path in sys.path if path] + folders.split(os.pathsep)
