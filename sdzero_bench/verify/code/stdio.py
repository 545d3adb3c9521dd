"""Runs whole programs on a test's input: what goes to stdin, what comes from stdout.

Example: with a folder that holds main.py, `run_test(python_command(), folder, "3 7\\n", limits)` -> "10\\n".
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sdzero_bench.sandbox import Limits, Outcome, Stop
from sdzero_bench.verify.code.remote import INSIDE, ProgramError, packages, sandbox, wall_seconds
from sdzero_bench.verify.code.report import quote

OUTPUT_BYTES = 16 << 20
_OVERHEAD_BYTES = 256 << 20  # address space for the interpreter and for stacks, which are no memory of the program's
_LEAST_BYTES = 256 << 20
_FILES = [INSIDE / "idle.py", INSIDE / "script.py"]

# The run's folder is the program's own: what runs it comes along on the command line.
_BOOT = f"""
import sys
for name, source in {[(file.stem, file.read_text(encoding="utf-8")) for file in _FILES]!r}:
    name = "sdzero_bench.verify.code.inside." + name
    module = sys.modules[name] = type(sys)(name)
    exec(compile(source, name, "exec"), module.__dict__)
_, path, packages, prelude, *arguments = sys.argv
module.main(path, arguments, packages, prelude)
"""


def python_command(*arguments: str, file: str = "/box/main.py", prelude: str = "") -> list[str]:
    """The command line that runs a file of the folder as a Python program. `prelude`: statements before it."""
    command = [sys.executable, "-S", "-s", "-P", "-c", _BOOT, file, os.pathsep.join(packages()), prelude]
    return [*command, *arguments]


def limits(cpu_seconds: float, memory_mb: float, output_bytes: int = OUTPUT_BYTES) -> Limits:
    """Limits of a run."""
    return Limits(
        cpu_seconds,
        wall_seconds(cpu_seconds),
        memory_bytes=max(int(memory_mb * (1 << 20)), _LEAST_BYTES) + _OVERHEAD_BYTES,
        file_bytes=max(16 << 20, output_bytes),
        output_bytes=output_bytes,
    )


@contextmanager
def workspace(files: dict[str, str]) -> Iterator[Path]:
    """A folder with files, for the time of a `with` block."""
    with tempfile.TemporaryDirectory(prefix="sdzero-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file, content in files.items():
            (folder / file).write_text(content, encoding="utf-8", errors="surrogatepass")
        yield folder


def run_test(command: Sequence[str], folder: Path, stdin: str, held: Limits) -> str:
    """What a program prints on this input. Raises ProgramError where it fails."""
    outcome = sandbox().run(command, folder=folder, stdin=stdin.encode(errors="replace"), limits=held)
    if outcome.stop is not Stop.EXITED or outcome.exit_code != 0:
        raise ProgramError(describe(outcome))
    return outcome.stdout.decode(errors="replace")


def describe(outcome: Outcome) -> str:
    """How a run failed, for people."""
    if outcome.stop is not Stop.EXITED:
        return str(outcome.stop)
    lines = outcome.stderr.decode(errors="replace").strip().splitlines()
    return f"exit code {outcome.exit_code}" + (f": {lines[-1][:200]}" if lines else "")


def difference(expected: str, got: str) -> str:
    """Where two outputs part, for people."""
    wanted, found = expected.split(), got.split()
    for i in range(max(len(wanted), len(found))):
        one, other = (words[i] if i < len(words) else None for words in (wanted, found))
        if one != other:
            sides = [quote(word) if word is not None else "nothing more" for word in (one, other)]
            return f"word {i + 1}: expected {sides[0]}, got {sides[1]}"
    return f"expected {quote(expected)}, got {quote(got)}"
