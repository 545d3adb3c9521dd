"""Runs a line of Python in a process of its own, with a time limit: an import that hangs or crashes harms nobody here.

Example: probe("import torch; result = torch.__version__") is Probe(seconds=2.1, result="2.13.0+cpu", error=None).
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

SECONDS = 240.0  # importing vLLM takes 20 seconds of a processor, and on a busy machine or a cold disk many times that

_MARK = "sdzero-bench-doctor:"
_PROGRAM = """
import json, sys
scope = {"result": None}
try:
    exec(sys.argv[1], scope)
    answer = {"result": scope["result"]}
except BaseException as error:
    answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
print("\\n" + sys.argv[2] + json.dumps(answer), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of it."""

    seconds: float
    result: Any = None  # what the code left in the name `result`
    error: str | None = None  # one line


def probe(code: str, seconds: float = SECONDS) -> Probe:
    """Run `code` with this Python. Never raises for what the code does."""
    start = time.monotonic()
    # -P: as for the installed command, modules in the current folder do not count. Files instead of pipes: a
    # grandchild that outlives the code could hold a pipe open.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, code, _MARK], stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return Probe(time.monotonic() - start, error=f"not done after {seconds:g} s")
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        errors.seek(0)
        answer = next(
            (line.removeprefix(_MARK) for line in output.read().decode(errors="replace").splitlines()[::-1]
             if line.startswith(_MARK)), None,
        )  # fmt: skip
        said = errors.read().decode(errors="replace").strip().splitlines()
    took = time.monotonic() - start
    if answer is not None:
        return Probe(took, **json.loads(answer))
    status = process.returncode
    how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit code {status}"
    return Probe(took, error=f"{how}{f': {said[-1]}' if said else ''}")
