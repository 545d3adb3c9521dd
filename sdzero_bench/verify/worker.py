"""A verifier's worker process: reads chunks of completions from its parent, judges them, reports one by one.

Example chunk: [(Question(id="q1", ...), "so the answer is 4"), ...]. Reports, in order: ("ready", None) once the judges
are imported, then ("judged", Verdict) an item; or ("refused", UserError("judge: cannot import ...")) and no more.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import resource
import signal
from multiprocessing.connection import Connection

from sdzero_bench.errors import RunError, UserError
from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.judges import Judge, load_judge, seconds_for

LOAD_SECONDS = 120.0  # for importing a judge
MEMORY_BYTES = 4 << 30  # address space: an answer that eats memory fails alone, not the machine
_GRACE = 5.0  # seconds after which a worker whose parent did not kill it in time ends itself


def main(descriptor: int, timeout: float) -> None:
    """Serve the parent at the other end of a socket until it closes it (or dies)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    with contextlib.suppress(ValueError, OSError):  # no such limit on this system
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)  # a judge that prints must not write into the run's tables
    judges: dict[str, Judge] = {}
    with Connection(descriptor) as parent, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            _serve(parent.recv(), parent, judges, timeout, sink)
            faulthandler.cancel_dump_traceback_later()


def _serve(
    chunk: list[tuple[Question, str]], parent: Connection, judges: dict[str, Judge], timeout: float, sink: int
) -> None:
    # If the parent is SIGKILLed while a judge hangs, nobody is left to kill this process. This timer is a C thread,
    # so it fires even when the hang holds the interpreter lock.
    faulthandler.dump_traceback_later(LOAD_SECONDS + _GRACE, exit=True, file=sink)
    try:
        for name in {question.judge for question, _ in chunk} - judges.keys():
            judges[name] = load_judge(name)
        parent.send(("ready", None))
        for question, text in chunk:
            faulthandler.dump_traceback_later(seconds_for(question.judge, timeout) + _GRACE, exit=True, file=sink)
            parent.send(("judged", _judge(judges[question.judge], question, text)))
    except (UserError, RunError) as error:  # nothing that a model wrote: missing data, or no sandbox
        parent.send(("refused", error))


def _judge(judge: Judge, question: Question, text: str) -> Verdict:
    try:
        verdict = judge(question, text)
    except (UserError, RunError):
        raise
    except Exception as error:  # whatever a judge raises on what a model wrote
        return Verdict(0, None, f"judge failed: {type(error).__name__}: {str(error)[:200]}")
    if not isinstance(verdict, Verdict) or verdict.reward not in (0, 1):
        return Verdict(0, None, f"judge failed: returned {str(verdict)[:100]!r}, not a Verdict with reward 0 or 1")
    return verdict
