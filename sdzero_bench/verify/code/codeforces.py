"""The judge of Codeforces problems, in Python and C++: the program's output on every test against the expected one.

Example: `Question.meta` = {"language": "cpp", "tests": [{"input": "3 7\\n", "output": "10\\n"}], "time_limit": 1.0,
"memory_mb": 256, "checker": null}.

As in open-r1's grader of this data set (guipenedo/piston, packages/codeforces/1.0.0/run): outputs are compared word by
word, "yes" and "no" in any case; a problem with several right answers has a checker, a Python program that is run with
the paths of input, correct output and output, and prints 1 (or 100) for a right one. It has a sandbox of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdzero_bench.sandbox import Stop
from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.code.compilers import PROGRAM, compile_cpp
from sdzero_bench.verify.code.program import find_plain
from sdzero_bench.verify.code.remote import ProgramError, sandbox
from sdzero_bench.verify.code.report import count, verdict
from sdzero_bench.verify.code.stdio import describe, difference, limits, python_command, run_test, workspace

_CHECKER_SECONDS = 10.0
_YES_NO = re.compile(r"\b(?:yes|no)\b", re.IGNORECASE | re.ASCII)


def judge(question: Question, text: str) -> Verdict:
    """1 where the program is right on all tests."""
    language = question.meta["language"]
    code = find_plain(text, language)
    if code is None:
        return verdict(None, False, "no code found")
    try:
        with workspace({"main.cpp" if language == "cpp" else "main.py": code}) as folder:
            if language == "cpp":
                compile_cpp(folder)
            _run(question.meta, [PROGRAM] if language == "cpp" else python_command(), folder)
    except ProgramError as error:
        return verdict(code, False, str(error))
    return verdict(code, True, f"passed {count(len(question.meta['tests']), 'test')}")


def same_words(expected: str, got: str) -> bool:
    """Whether two outputs have the same words, "yes" and "no" in any case."""
    return _words(expected) == _words(got)


def _run(meta: Mapping[str, Any], command: list[str], folder: Path) -> None:
    """Raises ProgramError for the first test that fails."""
    held = limits(meta["time_limit"], meta["memory_mb"])
    for i, test in enumerate(meta["tests"], 1):
        stdin, expected = (test[name].replace("\r\n", "\n") for name in ("input", "output"))
        try:
            got = run_test(command, folder, stdin, held)
            if meta.get("checker"):
                _check(meta["checker"], stdin, expected, got)
            elif not same_words(expected, got):
                raise ProgramError(difference(expected, got))
        except ProgramError as error:
            raise ProgramError(f"test {i}: {error}") from None


def _check(checker: str, stdin: str, expected: str, got: str) -> None:
    files = {
        "checker.py": checker,
        "input.txt": stdin,
        "correct_output.txt": _without_empty_lines(expected),
        "solution_output.txt": _without_empty_lines(got),
    }
    with workspace(files) as folder:
        paths = [f"/box/{name}" for name in files if name != "checker.py"]
        command = python_command(*paths, file="/box/checker.py")
        outcome = sandbox().run(command, folder=folder, limits=limits(_CHECKER_SECONDS, 1024))
    if outcome.stop is not Stop.EXITED or outcome.exit_code != 0:
        raise ProgramError(f"the checker fails on the output: {describe(outcome)}")
    if b"".join(outcome.stdout.split()) not in (b"1", b"100"):
        raise ProgramError("the checker refuses the output")


def _words(output: str) -> list[str]:
    return _YES_NO.sub(lambda word: word[0].upper(), output).split()


def _without_empty_lines(output: str) -> str:
    return "".join(line for line in output.splitlines(keepends=True) if line.strip("\r\n"))
