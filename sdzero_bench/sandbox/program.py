"""The judge's end of a program that runs in a sandbox: feeds it, reads it, holds it to its limits.

Example: `with sandbox.start(["python3", "/box/runner.py"], limits=limits) as program: program.ask(b"[1, 2]",
cpu_seconds=1, wall_seconds=5)` -> b"3". A program is for one thread at a time.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from typing import Self

from sdzero_bench.errors import RunError
from sdzero_bench.sandbox.launch import Launched
from sdzero_bench.sandbox.limits import STDERR_TAIL, Limits, Outcome, Stop, Stopped

_PIECE = 1 << 16
_GRACE = 30.0  # seconds for a keeper to end what it keeps, once told to: milliseconds but on a machine out of breath
_STOPS = {"cpu": Stop.CPU, "memory": Stop.MEMORY, "processes": Stop.PROCESSES, "files": Stop.FILES}


class Program:
    """A program in its sandbox. Killed, with everything it started, on leaving the `with` block."""

    def __init__(self, launched: Launched, limits: Limits) -> None:
        self._limits = limits
        self._control = launched.control
        self._stdin: int | None = launched.stdin
        self._stdout_pipe, self._stderr_pipe = launched.stdout, launched.stderr
        self._open = {launched.stdout, launched.stderr}  # those not at their end
        self._unsent = bytearray()
        self._stdout = bytearray()
        self._stderr = bytearray()  # the end of it
        self._stderr_bytes = 0  # of this run, or of this call
        self._report = b""  # lines of the keeper: "started", then how it stopped, exit status and processor time
        self._stop: Stop | None = None  # once it is over and nothing of it is left
        self._exit_code: int | None = None
        self._cpu_seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.kill()

    def finish(self, stdin: bytes) -> Outcome:
        """Give it all its input and wait for its end. Raises RunError where the sandbox could not be set up."""
        self._unsent += stdin
        end = time.monotonic() + self._limits.wall_seconds
        while self._stop is None:
            if not self._unsent:
                self._close_stdin()
            self._step(end)
        kept = bytes(self._stdout[: self._limits.output_bytes])
        return Outcome(kept, bytes(self._stderr), self._exit_code, self._stop, self._cpu_seconds)

    def ask(self, line: bytes, *, cpu_seconds: float, wall_seconds: float) -> bytes:
        """Write a line, read the next line (without its newline, at most limits.output_bytes).

        Raises Stopped when the program ends before, or goes over a limit: then it is killed. RunError where the sandbox
        could not be set up.
        """
        end = time.monotonic() + wall_seconds
        if self._stop is None:
            with contextlib.suppress(OSError):  # it is gone: the report says how
                self._control.sendall(struct.pack("d", cpu_seconds))
            self._stderr_bytes = 0
            self._unsent += line + b"\n"
        looked = 0
        while (position := self._stdout.find(b"\n", looked)) < 0 and self._stop is None:
            looked = len(self._stdout)
            self._step(end)
        if 0 <= position <= self._limits.output_bytes and self._stop in (None, Stop.EXITED, Stop.SIGNAL):
            answer = bytes(self._stdout[:position])
            del self._stdout[: position + 1]
            return answer
        if self._stop is None:
            self._end(Stop.OUTPUT)
        assert self._stop is not None
        raise Stopped(self._stop, self._detail())

    def kill(self) -> None:
        """End it and everything it started; returns when nothing of it is left."""
        if self._stop is None:
            self._end(Stop.KILLED)

    def _step(self, end: float) -> None:
        """Move what can be moved, waiting until something can or `end` (monotonic seconds) has come."""
        remaining = end - time.monotonic()
        if remaining <= 0:
            self._end(Stop.WALL)
            return
        poll = select.poll()
        for descriptor in self._open:
            poll.register(descriptor, select.POLLIN)
        if self._unsent and self._stdin is not None:
            poll.register(self._stdin, select.POLLOUT)
        poll.register(self._control, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(remaining * 1000 + 1)}
        if self._stdin in ready:
            self._write()
        for descriptor in ready & self._open:
            self._read(descriptor)
        if self._control.fileno() in ready and not (self._hear() and self._report.count(b"\n") < 2):
            self._drain()
            self._end(Stop.EXITED)
        elif self._too_much():
            self._end(Stop.OUTPUT)

    def _write(self) -> None:
        assert self._stdin is not None
        try:
            del self._unsent[: os.write(self._stdin, self._unsent[:_PIECE])]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._close_stdin()

    def _close_stdin(self) -> None:
        self._unsent.clear()
        if self._stdin is not None:
            os.close(self._stdin)
            self._stdin = None

    def _read(self, descriptor: int) -> None:
        try:
            piece = os.read(descriptor, _PIECE)
        except BlockingIOError:
            return
        if not piece:
            self._open.discard(descriptor)
        elif descriptor == self._stdout_pipe:
            self._stdout += piece
        else:
            self._stderr_bytes += len(piece)
            self._stderr += piece
            del self._stderr[:-STDERR_TAIL]

    def _too_much(self) -> bool:
        return max(len(self._stdout), self._stderr_bytes) > self._limits.output_bytes

    def _hear(self) -> bool:
        """Read what the keeper says; False where it is gone."""
        try:
            piece = self._control.recv(_PIECE)
        except ConnectionResetError:
            return False
        self._report += piece
        return bool(piece)

    def _drain(self) -> None:
        """Read what the program had written before it ended."""
        end = time.monotonic() + _GRACE
        while self._open and not self._too_much() and (remaining := end - time.monotonic()) > 0:
            poll = select.poll()
            for descriptor in self._open:
                poll.register(descriptor, select.POLLIN)
            for descriptor, _ in poll.poll(remaining * 1000):
                self._read(descriptor)

    def _end(self, stop: Stop) -> None:
        """Have the keeper end everything, and learn how it ended: `stop`, where the keeper knows of nothing else."""
        self._stop = stop
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        self._control.settimeout(_GRACE)
        try:
            while self._hear():
                continue
        except TimeoutError:
            raise RunError(f"sandbox: a program could not be ended in {_GRACE:g} s") from None
        finally:
            self._control.close()
            self._close_stdin()
            for descriptor in (self._stdout_pipe, self._stderr_pipe):
                os.close(descriptor)
        self._conclude(stop)

    def _conclude(self, stop: Stop) -> None:
        *_, last = self._report.decode(errors="replace").strip().split("\n")
        kind, _, rest = last.partition(" ")
        if stop is not Stop.KILLED and (kind == "failed" or not self._report.startswith(b"started\n")):
            said = bytes(self._stderr).decode(errors="replace").strip()
            raise RunError(f"sandbox: {rest or said or 'the keeper ended without a word'}")
        if kind in ("", "failed", "started"):  # no report: the keeper itself was killed
            self._stop = Stop.KILLED if stop is Stop.EXITED else stop
            return
        code, cpu = rest.split()
        self._cpu_seconds = float(cpu)
        if stop in (Stop.WALL, Stop.OUTPUT) or self._too_much():
            self._stop = Stop.WALL if stop is Stop.WALL else Stop.OUTPUT
        elif kind == "exited":
            self._exit_code = int(code)
            self._stop = Stop.EXITED if self._exit_code >= 0 else Stop.SIGNAL
        else:
            self._stop = _STOPS.get(kind, Stop.KILLED)

    def _detail(self) -> str:
        lines = bytes(self._stderr).decode(errors="replace").strip().splitlines()
        code = f"exit code {self._exit_code}" if self._exit_code is not None else ""
        return ", ".join(part for part in (code, lines[-1][:300] if lines else "") if part)
