"""Worker processes that judge completions and are killed when one of them hangs or crashes.

Example: of three completions the second holds \\boxed{(10^9)!}; its worker is killed after `timeout` seconds, that one
gets Verdict(0, "(10^9)!", "timed out after 10 s"), the two others their own verdicts.

A worker is a fresh interpreter (`python -c`), not a `multiprocessing` child: that would import the parent's __main__
again, with everything heavy in it. It ends when its socket closes, so also when its parent is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Self

from sdzero_bench.errors import RunError, UserError
from sdzero_bench.types import Attempt, Completion, Question, Verdict
from sdzero_bench.verify.extract import extract_answer
from sdzero_bench.verify.judges import RUNS_PROGRAMS, judge_path, seconds_for
from sdzero_bench.verify.plain import settle
from sdzero_bench.verify.worker import LOAD_SECONDS

_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[3]); from sdzero_bench.verify.worker import main; "
_BOOT += "main(int(sys.argv[1]), float(sys.argv[2]))"
_CHUNK = 64  # items sent together at most: a message costs more than a judgement of mathematics
_START_FAILURES = 3  # in a row, before giving up

Items = Sequence[tuple[Question, Completion]]
Progress = Callable[[int, int], None]  # (judged, of)


class _Worker:
    """The parent's end of one worker process."""

    def __init__(self, timeout: float) -> None:
        self.connection: Connection
        self.connection, theirs = Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _BOOT, str(theirs.fileno()), str(timeout), json.dumps(sys.path)],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                process_group=0,  # Ctrl-C does not reach it, and a kill takes its children too
                env=os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
            )
        self.timeout = timeout
        self.pending: deque[int] = deque()  # items sent and not reported, the first of them being judged
        self.seconds: deque[float] = deque()  # that each of them may take
        self.ready = False  # it has imported the judges of its chunk
        self.deadline = 0.0

    def assign(self, chunk: list[int], items: Items) -> None:
        """Send items. Raises OSError where the process is gone."""
        self.pending, self.ready = deque(chunk), False
        self.seconds = deque(seconds_for(items[i][0].judge, self.timeout) for i in chunk)
        self.deadline = time.monotonic() + LOAD_SECONDS
        self.connection.send([(items[i][0], items[i][1].text) for i in chunk])

    def report(self) -> tuple[int, Verdict] | None:
        """Read one report, None where it was that the judges are ready. Raises EOFError, OSError, what was refused."""
        kind, payload = self.connection.recv()
        if kind == "refused":
            raise payload  # UserError or RunError
        self.ready = True
        if kind == "judged":
            self.seconds.popleft()
        self.deadline = time.monotonic() + (self.seconds[0] if self.seconds else 0.0)
        return (self.pending.popleft(), payload) if kind == "judged" else None

    def kill(self) -> int:
        """End it and everything it started; its exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.connection.close()
        return self.process.wait()


class VerifierPool:
    """`Verifier` with worker processes, started when first needed. For one thread at a time."""

    def __init__(self, workers: int, timeout: float) -> None:
        if workers < 1 or not timeout > 0:
            raise UserError(f"verifier: needs workers >= 1 and timeout > 0, not {workers} and {timeout}")
        self._count = workers
        self._timeout = timeout
        self._workers: list[_Worker] = []
        self._start_failures = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes. A later `verify` starts new ones."""
        while self._workers:
            self._workers.pop().kill()

    def verify(self, items: Items, progress: Progress | None = None) -> list[Attempt]:
        """One Attempt an item, in order; an item that hangs or crashes its worker has reward 0, the others their own.

        Raises UserError for a judge that cannot be imported, RunError where workers do not start.
        """
        attempts: dict[int, Attempt] = {}
        for index, attempt in self.stream(items):
            attempts[index] = attempt
            if progress:
                progress(len(attempts), len(items))
        return [attempts[index] for index in range(len(items))]

    def stream(self, items: Items) -> Iterator[tuple[int, Attempt]]:
        """(index of the item, its Attempt) as soon as each is judged, in no order. Raises as `verify`.

        Every item is judged for itself: its verdict depends neither on the others nor on the order.
        """
        for name in {question.judge for question, _ in items}:
            judge_path(name)
        verdicts: dict[int, Verdict] = {}  # judged and not yet handed on
        todo: deque[int] = deque()
        for index, (question, completion) in enumerate(items):
            settled = settle(question, completion.text) if question.judge == "math" else None
            if settled is None:
                todo.append(index)
            else:
                verdicts[index] = settled
        try:
            while verdicts or todo or any(worker.pending for worker in self._workers):
                for index, verdict in verdicts.items():
                    yield index, Attempt(*items[index], verdict)
                verdicts.clear()
                self._hand_out(todo, items)
                if any(worker.pending for worker in self._workers):
                    self._collect(todo, items, verdicts)
        except BaseException:  # Ctrl-C and a reader that stops too: reports on their way must not meet the next call
            self.close()
            raise

    def _hand_out(self, todo: deque[int], items: Items) -> None:
        while todo:
            idle = next((worker for worker in self._workers if not worker.pending), None)
            if idle is None:
                if len(self._workers) == self._count:
                    return
                idle = _Worker(self._timeout)
                self._workers.append(idle)
            chunk = 1 if items[todo[0]][0].judge in RUNS_PROGRAMS else _CHUNK
            size = min(chunk, -(-len(todo) // (2 * self._count)))  # shrinks, so that workers finish together
            try:
                idle.assign([todo.popleft() for _ in range(size)], items)
            except OSError:
                self._replace(idle, todo)

    def _collect(self, todo: deque[int], items: Items, verdicts: dict[int, Verdict]) -> None:
        """Wait for a report or the next deadline, and take what has come."""
        busy = {worker.connection: worker for worker in self._workers if worker.pending}
        wait(busy, max(0.0, min(worker.deadline for worker in busy.values()) - time.monotonic()))
        for worker in busy.values():
            reason = None
            try:
                while worker.pending and worker.connection.poll():
                    report = worker.report()
                    self._start_failures = 0
                    if report:
                        verdicts[report[0]] = report[1]
            except (EOFError, OSError):
                reason = "verifier crashed"
            if not reason and worker.pending and time.monotonic() >= worker.deadline:
                reason = f"timed out after {worker.seconds[0] if worker.ready else LOAD_SECONDS:g} s"
            if reason and worker.ready:
                question, completion = items[worker.pending[0]]
                extracted = extract_answer(completion.text, question.extraction)
                verdicts[worker.pending.popleft()] = Verdict(0, extracted and extracted[:300], reason)
            if reason:
                self._replace(worker, todo)

    def _replace(self, worker: _Worker, todo: deque[int]) -> None:
        """Take a worker out; what it had not judged goes back to the front."""
        todo.extendleft(reversed(worker.pending))
        self._workers.remove(worker)
        status = worker.kill()
        if not worker.ready:
            self._start_failures += 1
        if self._start_failures >= _START_FAILURES:
            raise RunError(f"verifier: worker processes do not start (exit status {status})")
