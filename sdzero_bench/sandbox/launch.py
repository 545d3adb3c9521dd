"""Give an order to a new keeper, with the pipes of the program that it will start.

Example: `launch(order)` -> `Launched(control=<socket>, stdin=7, stdout=8, stderr=10)`.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import socket
import struct
from dataclasses import dataclass

from sdzero_bench.sandbox.bubblewrap import CONTROL, command
from sdzero_bench.sandbox.level import Level
from sdzero_bench.sandbox.order import Order
from sdzero_bench.sandbox.server import fork_keeper


@dataclass
class Launched:
    """The judge's ends of what connects it to a keeper (control) and a program; the pipes do not block."""

    control: socket.socket
    stdin: int
    stdout: int
    stderr: int


def launch(order: Order) -> Launched:
    """Start the program of an order. Raises RunError where bwrap is asked for and is not there."""
    messages = [marshal.dumps(order)]
    if order["level"] == Level.BUBBLEWRAP:
        first = {"command": command(order), "user": order["user"], "env": order["env"], "control": CONTROL}
        messages.insert(0, marshal.dumps(first))
    control, theirs = socket.socketpair()
    stdin_read, stdin = os.pipe2(os.O_CLOEXEC)
    stdout, stdout_write = os.pipe2(os.O_CLOEXEC)
    stderr, stderr_write = os.pipe2(os.O_CLOEXEC)
    try:
        fork_keeper([theirs.fileno(), stdin_read, stdout_write, stderr_write])
    finally:
        theirs.close()
        for descriptor in (stdin_read, stdout_write, stderr_write):
            os.close(descriptor)
    for descriptor in (stdin, stdout, stderr):
        os.set_blocking(descriptor, False)
    with contextlib.suppress(OSError):  # it is gone: what it has said says why
        control.sendall(b"".join(struct.pack("I", len(message)) + message for message in messages))
    return Launched(control, stdin, stdout, stderr)
