"""Runs programs that nobody has looked at, held by limits and away from the machine's files, network and processes.

Example: `open_sandbox().run(["python3", "/box/program.py"], folder=Path("/tmp/x"), stdin=b"3 7", limits=limits)` ->
`Outcome(stdout=b"10\\n", ..., stop=Stop.EXITED)`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sdzero_bench.sandbox.folders import lend, take_back
from sdzero_bench.sandbox.launch import launch
from sdzero_bench.sandbox.level import Level
from sdzero_bench.sandbox.limits import Limits, Outcome
from sdzero_bench.sandbox.order import build_order
from sdzero_bench.sandbox.program import Program


class Sandbox:
    """Runs programs at one level. Any number at a time; each run has a sandbox of its own."""

    def __init__(self, level: Level) -> None:
        self.level = level

    def run(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        folder: Path | None = None,
        writable: bool = False,
        stdin: bytes = b"",
        limits: Limits,
    ) -> Outcome:
        """Run a program to its end, or to its first limit.

        `folder` is shown at /box, read-only unless `writable`; the program's directory is an empty /tmp of its own.
        On levels without a file system of its own (landlock, unsafe), "/box/..." and "/tmp/..." in `argv` are replaced
        by the real places. Raises RunError where the sandbox cannot be set up.
        """
        order = build_order(
            self.level, [os.fspath(argument) for argument in argv], folder, writable, limits, conversation=False
        )
        if folder is None or not writable:
            with Program(launch(order), limits) as program:
                return program.finish(stdin)
        if order["user"]:
            lend(os.path.realpath(folder), order["user"])
        try:
            with Program(launch(order), limits) as program:
                return program.finish(stdin)
        finally:
            take_back(os.path.realpath(folder), executable=self.level is Level.LANDLOCK)

    def start(self, argv: Sequence[str | os.PathLike[str]], *, folder: Path | None = None, limits: Limits) -> Program:
        """Start a program to talk with over its stdin and stdout: `Program.ask`."""
        order = build_order(
            self.level, [os.fspath(argument) for argument in argv], folder, False, limits, conversation=True
        )
        return Program(launch(order), limits)
